import { describe, expect, it } from '@jest/globals';
import { buildSchema, parse, specifiedRules, validate } from 'graphql';
import { DEFAULT_PAGE, MAX_PAGE } from './cursor.ts';
import { documentCost, MAX_COST } from './document-cost.ts';

const schema = buildSchema(`
  interface Named { name: String }
  type Row implements Named { name: String, id: ID, rows(first: Int, last: Int): [Row!]!, row(last: Int): Row, sized(of: Int, first: Int): [Row!]! }
  type Query { rows(first: Int, last: Int): [Row!]!, row: Row, any: Named }
`);
const cost = (document: string): number => {
  const [error] = validate(schema, parse(document), [documentCost]);
  return Number(/up to (\d+) values/.exec(error?.message ?? '')?.[1] ?? Number.NaN);
};
/** What a selection costs of each row of a million, so that it is more than is allowed, and said. */
const each = (selection: string): number =>
  (cost(`{ rows(first: 100) { rows(first: 100) { rows(first: 100) { ${selection} } } } }`) - 10_101) / 1_000_000;

describe('the cost of a document', () => {
  it('is one for each field, and what is below it as often as a page has rows', () => {
    expect(each('row { name id }')).toBe(3);
    expect(each('rows(first: 7) { name id }')).toBe(1 + 7 * 2);
    expect(each('rows(first: 2) { rows(last: 3) { name } }')).toBe(1 + 2 * (1 + 3 * 1));
  });

  it('counts a page of no given size as the usual one, and one of a variable, or too large, as the largest', () => {
    expect(each('rows { name }')).toBe(1 + DEFAULT_PAGE);
    expect(each('rows(first: $n) { name }')).toBe(1 + MAX_PAGE);
    expect(each('rows(first: 100000) { name }')).toBe(1 + MAX_PAGE);
    expect(each('rows(first: -5) { name }')).toBe(2);
    expect(each('rows(first: 2, last: 9) { name }')).toBe(1 + 9);
  });

  it('takes nothing for a size where a field has no pages', () => {
    expect(each('row { row(last: 9) { name } }')).toBe(3);
    expect(each('sized(of: 9, first: 3) { name }')).toBe(1 + 3);
  });

  it('counts a fragment wherever it stands, and what it is of', () => {
    const document = (use: string): string =>
      `${use} fragment page on Row { rows(first: 90) { rows(first: 90) { name } } }`;
    const once = 1 + 90 * (1 + 90);
    expect(cost(document('{ row { ...page } again: row { ...page } }'))).toBe(2 * (1 + once));
    expect(cost('{ any { ... on Row { rows(first: 100) { rows(first: 100) { rows(first: 100) { id } } } } } }')).toBe(
      1 + (1 + 100 * (1 + 100 * (1 + 100))),
    );
    expect(cost('{ row { ... { rows(first: 99) { rows(first: 99) { rows(first: 9) { id } } } } } }')).toBe(
      1 + (1 + 99 * (1 + 99 * (1 + 9))),
    );
  });

  it('is refused beyond what is allowed alone, with its place and what to do', () => {
    const fields = (count: number): string =>
      `{ ${Array.from({ length: count }, (_, at) => `a${at}: row { id }`).join(' ')} }`;
    expect(validate(schema, parse(fields(MAX_COST / 2)), [documentCost])).toEqual([]);
    const [error, ...others] = validate(schema, parse(`{ x: row { id name } ${fields(MAX_COST / 2 - 1).slice(1)}`), [
      documentCost,
    ]);
    expect(others).toEqual([]);
    expect(error?.extensions).toEqual({ code: 'DOCUMENT_TOO_LARGE' });
    expect(error?.nodes).toHaveLength(1);
    expect(error?.message).toMatch(/asks for up to 15001 values, 15000 are allowed; ask for fewer fields/);
  });

  it('is none of what other rules refuse: cycles of fragments, unknown fragments, fields and types', () => {
    for (const document of [
      '{ row { ...a } } fragment a on Row { ...b } fragment b on Row { ...a }',
      '{ row { ...nowhere } }',
      '{ nothing { rows(first: 100) { id } } }',
      '{ row { ... on Nowhere { id } } }',
    ]) {
      expect(validate(schema, parse(document), [documentCost])).toEqual([]);
      expect(validate(schema, parse(document), [...specifiedRules, documentCost])).not.toEqual([]);
    }
  });
});
