import { describe, expect, it } from '@jest/globals';
import { connection, encodeCursor, pageOf, pageRequest } from './cursor.ts';

describe('keyset cursors', () => {
  it('give back the key of the last row', () => {
    expect(pageRequest(10, encodeCursor([12, 34n]))).toEqual({ first: 10, after: ['12', '34'] });
  });

  it.each([0, -1, 101])('refuse a page of %p rows', (first) => {
    expect(() => pageRequest(first, null)).toThrow(/first must be from 1 to 100/);
  });

  it.each(['nonsense', Buffer.from('1|2; drop table roots').toString('base64url'), ''])(
    'refuse %p, which is no cursor of ours',
    (after) => {
      expect(() => pageRequest(10, after)).toThrow(/not a cursor/);
    },
  );

  it('tell that there is another page from the one row read too much', () => {
    const request = pageRequest(2, null);
    expect(pageOf([1, 2, 3], request)).toEqual({ rows: [1, 2], hasNextPage: true, hasPreviousPage: false });
    expect(pageOf([1, 2], request)).toEqual({ rows: [1, 2], hasNextPage: false, hasPreviousPage: false });
  });

  it('tell that there is a page before from the cursor that the page is behind', () => {
    expect(pageOf([], pageRequest(2, encodeCursor([1, 2])))).toMatchObject({ hasPreviousPage: true });
  });

  it('begin and end a connection with the cursors of its first and last row', () => {
    const found = connection(
      { rows: [5, 4], hasNextPage: true, hasPreviousPage: false },
      (row) => [row, row * 10],
      (row) => `node ${row}`,
    );
    expect(found.edges.map(({ node }) => node)).toEqual(['node 5', 'node 4']);
    expect(pageRequest(1, found.pageInfo.startCursor).after).toEqual(['5', '50']);
    expect(pageRequest(1, found.pageInfo.endCursor).after).toEqual(['4', '40']);
    const none = connection(pageOf<number>([], pageRequest(1, null)), (row) => [row, row], String);
    expect(none.pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null });
  });
});
