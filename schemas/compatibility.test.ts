import { describe, expect, it } from '@jest/globals';
import { avroBreak, graphqlBreaks, incompatibilities, unacceptedBreaks } from './compatibility.ts';

const record = (fields: unknown[]): string => JSON.stringify({ type: 'record', name: 'R', fields });
const id = { name: 'id', type: 'string' };

describe('schema compatibility', () => {
  it('accepts a new field with a default', () => {
    expect(
      avroBreak(record([id, { name: 'note', type: ['null', 'string'], default: null }]), record([id])),
    ).toBeUndefined();
  });

  it('refuses a new field without a default', () => {
    expect(avroBreak(record([id, { name: 'note', type: 'string' }]), record([id]))).toMatch(/note/);
  });

  it('refuses another type of a field', () => {
    expect(avroBreak(record([{ name: 'id', type: 'long' }]), record([id]))).toBeDefined();
  });

  it.each([
    ['a removed field', 'type Query { a: Int }', /'b' was removed/],
    ['a field that may be null now', 'type Query { a: Int b(x: Int): Int }', /Query.b.*changed type/],
    ['an argument that must be given now', 'type Query { a: Int b(x: Int!): Int! }', /argument 'x'.*'Int' to 'Int!'/],
  ])('refuses %s in GraphQL', async (_what, present, sentence) => {
    const breaks = await graphqlBreaks(present, 'type Query { a: Int b(x: Int): Int! }');
    expect(breaks).toEqual([expect.stringMatching(sentence)]);
  });

  it('accepts an added GraphQL field', async () => {
    expect(await graphqlBreaks('type Query { a: Int b: Int c: Int }', 'type Query { a: Int b: Int }')).toEqual([]);
  });

  it('lets a break pass that is accepted with a reason, no other, and none that there is not', () => {
    const accepted = { change: 'a was removed', why: 'nobody could ask it' };
    expect(unacceptedBreaks(['a was removed'], [accepted])).toEqual([]);
    expect(unacceptedBreaks(['b was removed'], [])).toEqual([expect.stringContaining('"change": "b was removed"')]);
    expect(unacceptedBreaks(['a was removed'], [{ ...accepted, why: ' ' }])).toEqual([
      expect.stringContaining('Say why'),
    ]);
    expect(unacceptedBreaks([], [accepted])).toEqual([expect.stringContaining('take it out: a was removed')]);
  });

  it('holds for the schemas of this repository', async () => {
    expect(await incompatibilities()).toEqual([]);
  });
});
