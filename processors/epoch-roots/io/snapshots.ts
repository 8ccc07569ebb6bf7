/** Snapshots as records of the state topic: written in the transaction of the checkpoint that names them, read at a take-over. */

import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import type { KafkaRecord, OutgoingRecord } from '../../../runtime/kafka/records.ts';
import { readToEnd } from '../../../runtime/kafka/topic-reader.ts';
import { partsOf, type SnapshotPlace, snapshotGone } from '../core/snapshot.ts';

const compress = promisify(gzip);

/** A snapshot that is not written yet. */
export interface Snapshot {
  readonly records: readonly OutgoingRecord[];
  readonly parts: number;
  readonly digest: string;
}

/**
 * The records of a snapshot.
 * @param former Parts of the one that stands: those that the new one does not replace are deleted.
 * @param turn Called before each part: making a large one must not cost the membership.
 */
export async function makeSnapshot(
  topic: string,
  partition: number,
  lines: Iterable<string>,
  former: number,
  turn: () => Promise<void>,
): Promise<Snapshot> {
  const values: Buffer[] = [];
  for (const part of partsOf(lines)) {
    await turn();
    values.push(await compress(part, { level: 1 }));
  }
  const parts = values.length;
  const records = Array.from({ length: Math.max(parts, former) }, (_, part) => ({
    topic,
    partition,
    key: String(part),
    value: values[part] ?? null,
  }));
  return { records, parts, digest: digestOf(values) };
}

/** @throws AppError SNAPSHOT_GONE when the records are not all there, or are others. */
export function linesOf(place: SnapshotPlace, partition: number, found: readonly KafkaRecord[]): Iterable<string> {
  const values = found.flatMap(({ value }) => value ?? []);
  if (values.length !== place.records) {
    throw snapshotGone(place, partition, `${values.length} of them are there`);
  }
  if (digestOf(values) !== place.digest) throw snapshotGone(place, partition, 'others stand there');
  return unpacked(values);
}

function* unpacked(values: readonly Buffer[]): Generator<string> {
  for (const value of values) yield* gunzipSync(value).toString('utf8').split('\n');
}

/** The records that stand where a snapshot must stand. */
export async function readSnapshot(
  kafka: KafkaClient,
  topic: string,
  partition: number,
  { offset, records: count }: SnapshotPlace,
  signal: AbortSignal,
): Promise<KafkaRecord[]> {
  const found: KafkaRecord[] = [];
  const end = offset + count;
  await readToEnd({
    kafka,
    topic,
    from: new Map([[partition, BigInt(offset)]]),
    others: 'not at all',
    signal,
    onRecords: (records) => {
      found.push(...records.filter((record) => Number(record.offset) >= offset && Number(record.offset) < end));
      return records.every((record) => Number(record.offset) < end - 1);
    },
  });
  return found;
}

function digestOf(values: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const value of values) hash.update(value);
  return hash.digest('base64url');
}
