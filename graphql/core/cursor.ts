/** Opaque keyset cursors: the sort key of a row, so that a page never shifts when rows are added. */

import { GraphQLError } from 'graphql';
import { MAX_BIGINT } from './names.ts';

export const MAX_PAGE = 100;
/** Rows of a page of which a client does not say how many it wants. */
export const DEFAULT_PAGE = 50;

/** Major and minor part, decimal text. */
export type SortKey = readonly [string, string];

export interface PageRequest {
  /** Rows wanted, 1 to MAX_PAGE. */
  readonly size: number;
  /** Whether the last rows between the cursors are wanted, not the first. */
  readonly isBackward: boolean;
  /** Sort key of a row before the page; undefined: from the first row on. */
  readonly after: SortKey | undefined;
  /** Sort key of a row behind the page; undefined: up to the last row. */
  readonly before: SortKey | undefined;
}

/** Arguments of a connection, as clients give them. */
export interface PageArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

export function encodeCursor(key: readonly [string | number | bigint, string | number | bigint]): string {
  return Buffer.from(`${key[0]}|${key[1]}`).toString('base64url');
}

/** @throws GraphQLError BAD_USER_INPUT for a page size out of range, both sizes at once, or a cursor that is none of ours. */
export function pageRequest({ first, after, last, before }: PageArgs): PageRequest {
  if (first != null && last != null) throw badInput('Give first or last, not both.');
  return {
    size: last == null ? sizeOf('first', first ?? DEFAULT_PAGE) : sizeOf('last', last),
    isBackward: last != null,
    after: keyOf('after', 'endCursor', after),
    before: keyOf('before', 'startCursor', before),
  };
}

/** @throws GraphQLError BAD_USER_INPUT */
export function sizeOf(name: string, size: number): number {
  if (size < 1 || size > MAX_PAGE) throw badInput(`${name} must be from 1 to ${MAX_PAGE}.`);
  return size;
}

function keyOf(name: string, take: string, cursor: string | null | undefined): SortKey | undefined {
  if (cursor == null) return undefined;
  const match = /^(\d{1,19})\|(\d{1,19})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  const [, major = '', minor = ''] = match ?? [];
  if (match === null || BigInt(major) > MAX_BIGINT || BigInt(minor) > MAX_BIGINT)
    throw badInput(`${name} is not a cursor of this server; take ${take} of another page.`);
  return [major, minor];
}

/**
 * One row more than asked for was read: its presence tells that there is another page on that side. On the other side there is one
 * where a cursor was given: its row is there.
 * @param rows In the order in which they were read: of a backward page the last one first.
 */
export function pageOf<Row>(rows: readonly Row[], { size, isBackward, after, before }: PageRequest): Page<Row> {
  const wanted = rows.slice(0, size);
  const isMore = rows.length > size;
  return isBackward
    ? { rows: wanted.reverse(), hasNextPage: before !== undefined, hasPreviousPage: isMore }
    : { rows: wanted, hasNextPage: isMore, hasPreviousPage: after !== undefined };
}

export function connection<Row, Node>(
  page: Page<Row>,
  key: (row: Row) => readonly [string | number | bigint, string | number | bigint],
  node: (row: Row) => Node,
) {
  const edges = page.rows.map((row) => ({
    // Made where it is asked for: most clients take the page's own.
    get cursor() {
      return encodeCursor(key(row));
    },
    node: node(row),
  }));
  const { hasNextPage, hasPreviousPage } = page;
  const [startCursor = null, endCursor = null] = [edges[0]?.cursor, edges.at(-1)?.cursor];
  return { edges, pageInfo: { hasNextPage, hasPreviousPage, startCursor, endCursor } };
}

export function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
