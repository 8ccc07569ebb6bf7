import { describe, expect, it } from '@jest/globals';
import { connection, encodeCursor, pageOf, pageRequest } from './cursor.ts';

const KEY = encodeCursor([12, 34n]);
const ALL = { size: 50, isBackward: false, after: undefined, before: undefined };

describe('keyset cursors', () => {
  it('give back the keys of the rows around the page', () => {
    expect(pageRequest({})).toEqual(ALL);
    expect(pageRequest({ first: 10, after: KEY })).toEqual({ ...ALL, size: 10, after: ['12', '34'] });
    expect(pageRequest({ last: 10, before: KEY })).toEqual({
      size: 10,
      isBackward: true,
      after: undefined,
      before: ['12', '34'],
    });
  });

  it.each([0, -1, 101])('refuse a page of %p rows', (size) => {
    expect(() => pageRequest({ first: size })).toThrow(/first must be from 1 to 100/);
    expect(() => pageRequest({ last: size })).toThrow(/last must be from 1 to 100/);
  });

  it('refuse first and last together', () => {
    expect(() => pageRequest({ first: 1, last: 1 })).toThrow(/first or last/);
  });

  it('take a page of one row and of a hundred', () => {
    expect([pageRequest({ first: 1 }).size, pageRequest({ last: 100 }).size]).toEqual([1, 100]);
  });

  it('take keys up to what the database can hold, and name the cursor to take instead of a larger one', () => {
    const largest = (2n ** 63n - 1n).toString();
    expect(pageRequest({ after: encodeCursor([largest, largest]) }).after).toEqual([largest, largest]);
    const tooLarge = [encodeCursor([2n ** 63n, 1]), encodeCursor([1, 2n ** 63n]), encodeCursor([`x${1}`, 1])];
    for (const cursor of tooLarge) {
      expect(() => pageRequest({ after: cursor })).toThrow(/take endCursor of another page/);
      expect(() => pageRequest({ before: cursor })).toThrow(/take startCursor of another page/);
    }
  });

  it('are refused as the mistake of a client', () => {
    expect(() => pageRequest({ first: 0 })).toThrow(
      expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } }),
    );
  });

  it.each(['nonsense', Buffer.from('1|2; drop table roots').toString('base64url'), ''])(
    'refuse %p, which is no cursor of ours',
    (cursor) => {
      expect(() => pageRequest({ after: cursor })).toThrow(/after is not a cursor/);
      expect(() => pageRequest({ before: cursor })).toThrow(/before is not a cursor/);
    },
  );

  it('tell that there is another page from the one row read too much', () => {
    const forward = pageRequest({ first: 2 });
    expect(pageOf([1, 2, 3], forward)).toEqual({ rows: [1, 2], hasNextPage: true, hasPreviousPage: false });
    expect(pageOf([1, 2], forward)).toEqual({ rows: [1, 2], hasNextPage: false, hasPreviousPage: false });
    const backward = pageRequest({ last: 2 });
    expect(pageOf([9, 8, 7], backward)).toEqual({ rows: [8, 9], hasNextPage: false, hasPreviousPage: true });
    expect(pageOf([9, 8], backward)).toEqual({ rows: [8, 9], hasNextPage: false, hasPreviousPage: false });
  });

  it('tell that there is a page on the other side from the cursor that the page begins or ends at', () => {
    expect(pageOf([], pageRequest({ first: 2, after: KEY }))).toMatchObject({ hasPreviousPage: true });
    expect(pageOf([], pageRequest({ last: 2, before: KEY }))).toMatchObject({ hasNextPage: true });
  });

  it('begin and end a connection with the cursors of its first and last row', () => {
    const found = connection(
      { rows: [5, 4], hasNextPage: true, hasPreviousPage: false },
      (row) => [row, row * 10],
      (row) => `node ${row}`,
    );
    expect(found.edges.map(({ node }) => node)).toEqual(['node 5', 'node 4']);
    expect(pageRequest({ before: found.pageInfo.startCursor }).before).toEqual(['5', '50']);
    expect(pageRequest({ after: found.pageInfo.endCursor }).after).toEqual(['4', '40']);
    const three = connection(
      { rows: [5, 4, 3], hasNextPage: false, hasPreviousPage: false },
      (row) => [row, 0],
      String,
    );
    expect(pageRequest({ after: three.pageInfo.endCursor }).after).toEqual(['3', '0']);
    const none = connection(pageOf<number>([], pageRequest({})), (row) => [row, row], String);
    expect(none.pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null });
  });
});
