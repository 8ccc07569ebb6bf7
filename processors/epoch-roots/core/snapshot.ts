/** Snapshots of a partition's state: when one is worth writing, and how a checkpoint names it. */

import { AppError } from '../../../runtime/errors.ts';

/** Where the snapshot stands that a checkpoint builds on: consecutive records of the state topic's partition. */
export interface SnapshotPlace {
  /** Of its first record. */
  readonly offset: number;
  readonly records: number;
  /** Of their contents: another snapshot, or half of one, is never taken for it. */
  readonly digest: string;
}

/** A restart may read as many records again at least; a snapshot that saves less is not worth its transaction. */
const MIN_REPLAY = 5000;
/** Records read again for each row held: what is written stays below half a row a record. */
const REPLAY_A_ROW = 2;

/**
 * Whether a snapshot is due.
 * @param replayRecords Offsets that a restart would read again.
 * @param rows Events remembered: what a snapshot holds.
 */
export function isSnapshotDue(replayRecords: number, rows: number): boolean {
  return replayRecords > Math.max(MIN_REPLAY, rows * REPLAY_A_ROW);
}

/** Characters of a part: far below the megabyte that brokers take. */
const PART_CHARS = 300_000;

/** Lines joined to parts that fit a record each. */
export function* partsOf(lines: Iterable<string>): Generator<string> {
  let part: string[] = [];
  let chars = 0;
  for (const line of lines) {
    part.push(line);
    chars += line.length + 1;
    if (chars < PART_CHARS) continue;
    yield part.join('\n');
    part = [];
    chars = 0;
  }
  if (part.length > 0) yield part.join('\n');
}

export function snapshotGone(place: SnapshotPlace, partition: number, found: string): AppError {
  return new AppError(
    'SNAPSHOT_GONE',
    `The checkpoint of partition ${partition} builds on ${place.records} records of the state topic from offset ${place.offset} on, and ${found}: the topic was cut, made anew or belongs to others, or the group's offsets are older than it. Bring it back, or have the state rebuilt from the events: stop the group and run \`ao replay --group ao-epoch-roots --topic ao.stream-events.v1 --partition ${partition} --to-beginning\`; no root comes twice by it.`,
    { context: { partition, ...place } },
  );
}
