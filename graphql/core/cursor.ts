/** Opaque keyset cursors: the sort key of the last row, so that a page never shifts when rows are added. */

import { GraphQLError } from 'graphql';
import { MAX_BIGINT } from './names.ts';

export const MAX_PAGE = 100;

export interface PageRequest {
  /** Rows wanted, 1 to MAX_PAGE. */
  readonly first: number;
  /** Sort key of the row before the page; undefined for the first page. */
  readonly after: readonly [string, string] | undefined;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  /** Behind a cursor: its row is one before. */
  readonly hasPreviousPage: boolean;
}

export function encodeCursor(key: readonly [string | number | bigint, string | number | bigint]): string {
  return Buffer.from(`${key[0]}|${key[1]}`).toString('base64url');
}

/** @throws GraphQLError BAD_USER_INPUT for a page size out of range or a cursor that is none of ours. */
export function pageRequest(first: number | null | undefined, after: string | null | undefined): PageRequest {
  const size = first ?? 50;
  if (size < 1 || size > MAX_PAGE) throw badInput(`first must be from 1 to ${MAX_PAGE}.`);
  if (after === null || after === undefined) return { first: size, after: undefined };
  const match = /^(\d{1,19})\|(\d{1,19})$/.exec(Buffer.from(after, 'base64url').toString('latin1'));
  const [, major = '', minor = ''] = match ?? [];
  if (match === null || BigInt(major) > MAX_BIGINT || BigInt(minor) > MAX_BIGINT)
    throw badInput('after is not a cursor of this server; take endCursor of the page before.');
  return { first: size, after: [major, minor] };
}

/** One row more than asked for was read: its presence tells that there is another page. */
export function pageOf<Row>(rows: readonly Row[], { first, after }: PageRequest): Page<Row> {
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first, hasPreviousPage: after !== undefined };
}

export function connection<Row, Node>(
  page: Page<Row>,
  key: (row: Row) => readonly [string | number | bigint, string | number | bigint],
  node: (row: Row) => Node,
) {
  const edges = page.rows.map((row) => ({ cursor: encodeCursor(key(row)), node: node(row) }));
  const { hasNextPage, hasPreviousPage } = page;
  const [startCursor = null, endCursor = null] = [edges[0]?.cursor, edges.at(-1)?.cursor];
  return { edges, pageInfo: { hasNextPage, hasPreviousPage, startCursor, endCursor } };
}

export function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
