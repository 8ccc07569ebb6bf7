import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { beginningOf, cursorOf, firstBehind, furthest, isBefore, type Places, placesOf } from './places.ts';

const place = fc.record({ offset: fc.nat({ max: Number.MAX_SAFE_INTEGER }), rowId: fc.nat({ max: 2 ** 31 - 1 }) });
const places = (partitions: number): fc.Arbitrary<Places> =>
  fc.array(place, { minLength: partitions, maxLength: partitions });

describe('a cursor', () => {
  it('gives back the places that it was made of', () => {
    fc.assert(fc.property(places(6), (some) => expect(placesOf('c', 6, cursorOf('c', some))).toEqual(some)));
  });

  it.each([
    ['of another subscription', cursorOf('r', beginningOf(3)), /not a cursor of this subscription/],
    ['of a deployment with more partitions', cursorOf('c', beginningOf(4)), /with 4 partitions, this one has 3/],
    ['of nobody', 'x', /not a cursor of this subscription/],
    ['that is empty', '', /not a cursor of this subscription/],
    ['with a place that no topic has', Buffer.from('c|1,2,9999999999999999').toString('base64url'), /not a cursor/],
    ['with something behind a place', Buffer.from('c|1,2,3:4x').toString('base64url'), /not a cursor/],
    ['with a place that is no number', Buffer.from('c|1,2,-3').toString('base64url'), /not a cursor/],
  ])('%s is refused with a sentence', (_what, cursor, message) => {
    expect(() => placesOf('c', 3, cursor)).toThrow(message);
  });

  it('may be the word for the beginning', () => {
    expect(placesOf('c', 3, 'beginning')).toEqual(beginningOf(3));
  });
});

describe('places', () => {
  it.each([
    [{ offset: 4, rowId: 9 }, { offset: 5, rowId: 0 }, true],
    [{ offset: 5, rowId: 1 }, { offset: 5, rowId: 2 }, true],
    [{ offset: 5, rowId: 2 }, { offset: 5, rowId: 2 }, false],
    [{ offset: 5, rowId: 2 }, { offset: 5, rowId: 1 }, false],
    [{ offset: 6, rowId: 0 }, { offset: 5, rowId: 7 }, false],
  ])('%p is before %p: %s', (a, b, expected) => {
    expect(isBefore(a, b)).toBe(expected);
    expect(furthest([a], [b])).toEqual([expected ? b : a]);
    expect(firstBehind([b, a], [b, b])).toBe(expected ? 1 : undefined);
  });

  it('are behind in the first partition in which something is missing, and nowhere once the furthest is reached', () => {
    fc.assert(
      fc.property(places(4), places(4), (a, b) => {
        const both = furthest(a, b);
        expect(firstBehind(both, a)).toBeUndefined();
        expect(firstBehind(both, b)).toBeUndefined();
        const behind = firstBehind(a, b);
        expect(behind === undefined).toBe(a.every((one, at) => !isBefore(one, b[at] ?? one)));
      }),
    );
  });
});
