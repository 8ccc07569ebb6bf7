/** A deployment beside the living one: a copy of its events under another namespace, and processor and sink that work on it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Archive } from '../../audit/io/archive.ts';
import { restoreArchive } from '../../audit/io/restore-archive.ts';
import { writeArchive } from '../../audit/io/write-archive.ts';
import type { Rules } from '../../processors/epoch-roots/core/rules.ts';
import type { Environment } from '../../runtime/config.ts';
import { AppError } from '../../runtime/errors.ts';
import { withAdmin } from '../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import { TOPICS, type TopicKey } from '../../schemas/topics.ts';

const ROLES = ['process', 'sink'] as const;
const PROCESSOR_GROUP = 'ao-epoch-roots';
const LOOK_MS = 500;
const STOP_MS = 10_000;
const TAIL_LINES = 5;

/** Offset behind the last record of each partition of a topic of the copy. */
export type Ends = ReadonlyMap<number, number>;

/** What the side takes in: who decides about a root, and what was sent, goes with the events. */
export const TAKEN_IN = ['settlements', 'decisions', 'streamEvents'] as const satisfies TopicKey[];

export interface SideProgress {
  /** Records that both the processor and the sink have taken in. */
  readonly done: number;
  readonly total: number;
}

/** By topic as declared and partition, the offset behind what was copied. */
export type Copied = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * Copies topics as they stand now, every record at the offset that it has.
 * @param onProgress Each record counts twice: it is read, and written.
 * @throws AppError ARGUMENT_INVALID where the side is in use.
 */
export async function copyTopics(
  { living, side, rules }: { living: KafkaClient; side: KafkaClient; rules: Rules },
  topics: readonly TopicKey[],
  onProgress: (progress: SideProgress) => void,
): Promise<{ copied: Copied; ends: ReadonlyMap<TopicKey, Ends> }> {
  const directory = mkdtempSync(join(tmpdir(), 'ao-rebuild-'));
  try {
    const codec = await RecordCodec.connect(living.settings);
    const { privateKey: key } = generateKeyPairSync('ed25519');
    const total = 2 * (await recordsOf(living, topics));
    let done = 0;
    const onRecords = (records: number): void => onProgress({ done: (done += records), total: Math.max(total, done) });
    const request = { kafka: living, codec, directory, rules, key, createdAt: new Date(), onRecords };
    await writeArchive({ ...request, topics });
    const archive = Archive.open(directory);
    await restoreArchive(
      side,
      archive,
      () => undefined,
      () => onRecords(1),
    );
    const copied = Object.fromEntries(
      archive.manifest.topics.map(({ topic, partitions }) => [
        topic,
        Object.fromEntries(partitions.map(({ partition, nextOffset }) => [String(partition), nextOffset])),
      ]),
    );
    const ends = new Map<TopicKey, Ends>();
    for (const topic of topics) ends.set(topic, await lastRecords(archive, topic));
    return { copied, ends };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** About how many records topics hold. */
export async function recordsOf(kafka: KafkaClient, topics: readonly TopicKey[]): Promise<number> {
  const names = topicNames(kafka.settings);
  return withAdmin(kafka, async (admin) => {
    let sum = 0;
    for (const key of topics)
      for (const { low, high } of (await admin.bounds(names[key])).values()) sum += Number(high - low);
    return sum;
  });
}

async function lastRecords(archive: Archive, topic: TopicKey): Promise<Ends> {
  const ends = new Map<number, number>();
  for (const partition of archive.topic(TOPICS[topic].name).partitions)
    for await (const { offset } of archive.records(partition)) ends.set(partition.partition, offset + 1);
  return ends;
}

/**
 * Runs processor and sink until they have taken in the copy and every tree is built, then ends them.
 * @param env Of the side.
 * @throws AppError ROLE_HOPELESS when one of them ends by itself.
 */
export async function runSide(
  { kafka, pool, env, ends }: { kafka: KafkaClient; pool: Pool; env: Environment; ends: ReadonlyMap<TopicKey, Ends> },
  onProgress: (progress: SideProgress) => void,
): Promise<void> {
  const logs = mkdtempSync(join(tmpdir(), 'ao-rebuild-logs-'));
  const children = ROLES.map((role) => ({ role, child: startRole(role, env, logs) }));
  try {
    for (;;) {
      for (const { role, child } of children)
        if (child.exitCode !== null || child.signalCode !== null)
          throw new AppError(
            'ROLE_HOPELESS',
            `ao ${role} beside the living roles ended with ${child.exitCode ?? child.signalCode}: ${tailOf(join(logs, `${role}.log`))}`,
          );
      const progress = await progressOf(kafka, pool, ends.get('streamEvents') ?? new Map());
      onProgress(progress);
      const isTakenIn = progress.done >= progress.total;
      if (isTakenIn && (await isWhole(kafka, pool, ends.get('settlements') ?? new Map()))) return;
      await delay(LOOK_MS);
    }
  } finally {
    await Promise.all(children.map(({ child }) => endChild(child)));
    rmSync(logs, { recursive: true, force: true });
  }
}

function startRole(role: string, env: Environment, logs: string): ChildProcess {
  const log = openSync(join(logs, `${role}.log`), 'a');
  const [, script = ''] = process.argv;
  return spawn(process.execPath, [...process.execArgv, script, role], { env: { ...env }, stdio: ['ignore', log, log] });
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  await Promise.race([ended, delay(STOP_MS, undefined, { ref: false })]);
  child.kill('SIGKILL');
  await ended;
}

function tailOf(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}

async function progressOf(kafka: KafkaClient, pool: Pool, ends: Ends): Promise<SideProgress> {
  const topic = topicNames(kafka.settings).streamEvents;
  const group = `${kafka.settings.KAFKA_NAMESPACE}${PROCESSOR_GROUP}`;
  const committed = (await withAdmin(kafka, (admin) => admin.committed(group, [topic]))).get(topic);
  const stored = await positionsOf(pool, topic);
  let [done, total] = [0, 0];
  for (const [partition, end] of ends) {
    const processed = Number(committed?.get(partition)?.offset ?? 0n);
    done += Math.min(end, processed, stored.get(partition) ?? 0);
    total += end;
  }
  return { done, total };
}

/**
 * Whether the sink has every root that the processor has emitted and every settlement that was copied, and has made the trees.
 * @throws AppError ROOT_CONFLICT where it made another one.
 */
async function isWhole(kafka: KafkaClient, pool: Pool, settlementEnds: Ends): Promise<boolean> {
  const names = topicNames(kafka.settings);
  const settled = await positionsOf(pool, names.settlements);
  if ([...settlementEnds].some(([partition, end]) => (settled.get(partition) ?? 0) < end)) return false;
  const bounds = await withAdmin(kafka, (admin) => admin.bounds(names.roots));
  const stored = await positionsOf(pool, names.roots);
  // The marker of a transaction stands behind its last record.
  if ([...bounds].some(([partition, { high }]) => (stored.get(partition) ?? 0) < Number(high) - 1)) return false;
  const { rows } = await pool.query<{ tree_state: string; channel: string; epoch: string }>(
    `select tree_state, channel, epoch::text from roots where tree_state <> 'built' order by tree_state limit 1`,
  );
  const [open] = rows;
  if (open?.tree_state !== 'mismatch') return open === undefined;
  throw new AppError(
    'ROOT_CONFLICT',
    `Beside the living roles, processor and sink make different roots of ${open.channel}, epoch ${open.epoch}: nothing can be told of a rebuild. Keep the topics (--keep) and look at that root with \`ao verify root\`.`,
  );
}

async function positionsOf(pool: Pool, topic: string): Promise<Map<number, number>> {
  const { rows } = await pool.query<{ partition: number; next_offset: number }>(
    `select partition, next_offset from sink_offsets where topic = $1`,
    [topic],
  );
  return new Map(rows.map(({ partition, next_offset: next }) => [partition, next]));
}
