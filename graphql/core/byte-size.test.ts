import { describe, expect, it } from '@jest/globals';
import { byteSizeOf } from './byte-size.ts';

describe('the size of a value', () => {
  const pointer = byteSizeOf(7);
  const empty = byteSizeOf({});

  it('is two bytes for each character of a text, beyond an object', () => {
    expect(byteSizeOf('abc')).toBe(empty + 6);
  });

  it('is that of an object for a bigint, of a pointer for what fits into one', () => {
    expect(byteSizeOf(2n ** 64n)).toBe(empty);
    for (const small of [true, null, undefined, 1.5]) expect(byteSizeOf(small)).toBe(pointer);
  });

  it('is that of the bytes, not of each as a number', () => {
    expect(byteSizeOf(new Uint8Array(1000))).toBe(empty + 1000);
  });

  it('is the sum of what an object, a list or a map holds, each with a pointer to it', () => {
    const parts = 2 * (pointer + byteSizeOf('ab'));
    expect(byteSizeOf(['ab', 'ab'])).toBe(empty + parts);
    expect(byteSizeOf({ x: 'ab', y: 'ab' })).toBe(empty + parts);
    expect(byteSizeOf(new Map([['ab', 'ab']]))).toBe(empty + parts);
    expect(byteSizeOf([{ x: 'ab' }])).toBe(empty + pointer + empty + pointer + byteSizeOf('ab'));
  });
});
