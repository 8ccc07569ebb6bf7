/**
 * Where a subscription stands: in each partition of its topic, behind which row. Rows are written in the order of a partition's
 * records, so what is behind a place never changes. As text it is the cursor of an item. Pure.
 */

import { badInput } from './cursor.ts';

/** Behind the row with this offset and id; row 0: before every row of the offset. */
export interface Place {
  readonly offset: number;
  readonly rowId: number;
}

/** One a partition, by number. */
export type Places = readonly Place[];

/** What is stored since the first record: a cursor that any client may write. */
const BEGINNING = 'beginning';
/** More than any topic has. */
const MAX_PARTITIONS = 10_000;

export function beginningOf(partitions: number): Places {
  return Array.from({ length: partitions }, () => ({ offset: 0, rowId: 0 }));
}

export function isBefore(a: Place, b: Place): boolean {
  return a.offset < b.offset || (a.offset === b.offset && a.rowId < b.rowId);
}

/** In each partition the place that is further. */
export function furthest(a: Places, b: Places): Places {
  return a.map((place, partition) => {
    const other = b[partition] ?? place;
    return isBefore(place, other) ? other : place;
  });
}

/** The first partition in which `a` is before `b`; undefined where it is nowhere. */
export function firstBehind(a: Places, b: Places): number | undefined {
  const partition = a.findIndex((place, at) => isBefore(place, b[at] ?? place));
  return partition === -1 ? undefined : partition;
}

export function movedTo(places: Places, partition: number, place: Place): Places {
  return places.with(partition, place);
}

/** @param topic Which topic the places are of, a letter. */
export function cursorOf(topic: string, places: Places): string {
  const parts = places.map(({ offset, rowId }) => (rowId === 0 ? `${offset}` : `${offset}:${rowId}`));
  return Buffer.from(`${topic}|${parts.join(',')}`).toString('base64url');
}

/** @throws GraphQLError BAD_USER_INPUT for a cursor of another subscription or deployment, or of nobody. */
export function placesOf(topic: string, partitions: number, cursor: string): Places {
  if (cursor === BEGINNING) return beginningOf(partitions);
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [of = '', list = ''] = text.split('|');
  const parts = list.split(',', MAX_PARTITIONS).map(placeOf);
  const places = parts.filter((place) => place !== undefined);
  if (of !== topic || places.length !== parts.length)
    throw badInput(`after is not a cursor of this subscription; give the cursor of an item of it, or "${BEGINNING}".`);
  if (places.length !== partitions)
    throw badInput(
      `after is a cursor of a deployment with ${places.length} partitions, this one has ${partitions}; give "${BEGINNING}".`,
    );
  return places;
}

function placeOf(text: string): Place | undefined {
  const [, offset, rowId = '0'] = /^(\d{1,16})(?::(\d{1,10}))?$/.exec(text) ?? [];
  if (offset === undefined) return undefined;
  const place = { offset: Number(offset), rowId: Number(rowId) };
  return Number.isSafeInteger(place.offset) ? place : undefined;
}
