/** What the writers of a compiled query share: what is waited for, and what becomes of errors. Pure. */

import { type FieldNode, type GraphQLError, locatedError } from 'graphql';

/** Text, or a promise of it where something has to be waited for. */
export type Written = string | Promise<string>;

/** What one execution shares. */
export interface Run {
  readonly context: unknown;
  readonly variables: Record<string, unknown>;
  /** Of each field that has some. */
  readonly args: (Readonly<Record<string, unknown>> | undefined)[];
  readonly errors: GraphQLError[];
}

/** Where a value stands in the answer; undefined at the top. */
export interface Place {
  readonly above: Place | undefined;
  readonly key: string | number;
}

/** @throws whatever makes null of the place */
export type Write = (value: unknown, place: Place | undefined, run: Run) => Written;

/** A place in the answer, and what is told of an error there. */
export interface Spot {
  readonly nodes: readonly FieldNode[];
  /** Whether it may be null; an error goes up to the first that may. */
  readonly isNullable: boolean;
}

export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';

/**
 * Writes what one place holds.
 * @param write Of the value itself.
 */
export function writeAt(
  value: unknown,
  write: Write,
  spot: Spot,
  above: Place | undefined,
  key: string | number,
  run: Run,
): Written {
  const place = { above, key };
  try {
    const written = isPromise(value) ? later(value, write, place, run) : write(value, place, run);
    return typeof written === 'string' ? written : orFailed(written, spot, place, run);
  } catch (error) {
    return failedAt(error, spot, place, run);
  }
}

// Functions of their own: where one is made, all that it uses is allocated even where it is not called.
function later(value: PromiseLike<unknown>, write: Write, place: Place, run: Run): Promise<string> {
  return Promise.resolve(value).then((awaited) => write(awaited, place, run));
}

function orFailed(written: Promise<string>, spot: Spot, place: Place, run: Run): Promise<string> {
  return written.catch((error: unknown) => failedAt(error, spot, place, run));
}

/**
 * Null with an error, where null may stand.
 * @throws GraphQLError with its place, where it may not
 */
export function failedAt(error: unknown, { nodes, isNullable }: Spot, place: Place, run: Run): string {
  const located = locatedError(error, nodes, pathOf(place));
  if (!isNullable) throw located;
  run.errors.push(located);
  return 'null';
}

function pathOf(place: Place): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: Place | undefined = place; at !== undefined; at = at.above) path.push(at.key);
  return path.reverse();
}

/** Several values that are written one behind the other. */
export interface Parts<Of> {
  /** What stands before each. */
  readonly names?: readonly string[];
  write(at: number, of: Of, place: Place | undefined, run: Run): Written;
}

/** With commas between them. All begin. One that throws at once waits for those that have begun; a late error goes up at once, as in graphql-js. */
export function joined<Of>(parts: Parts<Of>, count: number, of: Of, place: Place | undefined, run: Run): Written {
  let text = '';
  for (let at = 0; at < count; at += 1) {
    const written = parts.write(at, of, place, run);
    if (typeof written !== 'string') return joinedLater(text, written, at, parts, count, of, place, run);
    text += before(at, parts) + written;
  }
  return text;
}

const before = (at: number, { names }: Parts<never>): string => (at === 0 ? '' : ',') + (names?.[at] ?? '');

async function joinedLater<Of>(
  begun: string,
  first: Promise<string>,
  from: number,
  parts: Parts<Of>,
  count: number,
  of: Of,
  place: Place | undefined,
  run: Run,
): Promise<string> {
  const open: Promise<string>[] = [first];
  try {
    for (let at = from + 1; at < count; at += 1) open.push(Promise.resolve(parts.write(at, of, place, run)));
  } catch (error) {
    await Promise.allSettled(open);
    throw error;
  }
  const texts = await Promise.all(open);
  return begun + texts.map((text, more) => before(from + more, parts) + text).join('');
}
