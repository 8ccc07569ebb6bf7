import { describe, expect, it } from '@jest/globals';
import { avroBreak, graphqlBreaks, incompatibilities } from './compatibility.ts';

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

  it('refuses a removed GraphQL field and accepts an added one', () => {
    expect(graphqlBreaks('type Query { a: Int }', 'type Query { a: Int b: Int }')).toEqual(['Query.b was removed.']);
    expect(graphqlBreaks('type Query { a: Int b: Int c: Int }', 'type Query { a: Int b: Int }')).toEqual([]);
  });

  it('holds for the schemas of this repository', () => {
    expect(incompatibilities()).toEqual([]);
  });
});
