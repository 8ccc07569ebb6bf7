import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { base58Encode, MerkleTree } from '@attention-oracle/sdk';
import { sortCanonically } from '../domain/counted-claim.ts';
import { startStack } from '../local/stack/stack.ts';
import { removeStackData } from '../local/stack/stack-data.ts';
import { loadConfig } from '../runtime/config.ts';
import { messageOf } from '../runtime/errors.ts';
import { createKafka } from '../runtime/kafka/client.ts';
import { RecordCodec } from '../runtime/kafka/codec.ts';
import { connectProducer } from '../runtime/kafka/producer.ts';
import type { OutgoingRecord } from '../runtime/kafka/records.ts';
import { ensureTopics, type TopicNames } from '../runtime/kafka/topics.ts';
import { silentLogger } from '../runtime/logging.ts';
import { createPool, type Pool } from '../runtime/postgres/pool.ts';
import { readProof } from '../runtime/postgres/proof-reader.ts';
import { startRole } from '../runtime/role.ts';
import type { StreamEvent } from '../schemas/records.ts';
import { config } from '../sinks/postgres/config.ts';
import { role } from '../sinks/postgres/main.ts';
import { reasonForNoPeer } from './measure/java-peer.ts';
import { takeInByDebezium } from './sink/debezium.ts';
import { insertBare } from './sink/unnest.ts';

const PARTITIONS = 6;
const EVENTS_A_PARTITION = Math.floor(Number(process.env['AO_BENCH_CLAIMS'] ?? 180_000) / PARTITIONS);
const WATERMARK_EVERY = 500;
const PROOFS = 2000;
const TARGETS = { ratios: { unnest: 0.6, debezium: 1.5 }, proofP99Ms: 5 };

/**
 * Events a second from Kafka to committed rows, everything on this machine: as a backfill writes them (finalized), and as
 * the live path does (confirmed, proven by watermarks). Then the tree of one partition's claims, and proofs read from it. Beside them, in
 * the same run: unnest inserts of the same rows without Kafka, and Debezium's JDBC sink connector on the same topic. Ratios are our rows a
 * second by theirs, of finalized events. The tree of a million claims: `npm run bench -- tree`.
 */
export async function run(): Promise<object> {
  const dataDir = join(import.meta.dirname, '..', '.data', `bench-sink-${process.pid}`);
  const env = { AO_STACK: process.env['AO_STACK'] ?? 'embedded' };
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  mkdirSync(dataDir, { recursive: true });
  const stack = await startStack({ dataDir, fresh: true, durable: false, preferKnownPorts: false, env, log });
  try {
    const variables = {
      KAFKA_BROKERS: stack.kafkaBrokers.join(','),
      SCHEMA_REGISTRY_URL: stack.registryUrl,
      DATABASE_URL: stack.databaseUrl,
      METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
    };
    const written = await writeEvents({ ...variables, KAFKA_NAMESPACE: 'f.', DATABASE_SCHEMA: 'bench_f' }, 'finalized');
    log('the sink');
    const finalized = await measure(written);
    log('unnest inserts alone');
    const unnest = await withPool(variables, 'bench_u', (pool) => insertBare(pool, 'bench_u', written.events));
    log('Debezium');
    const debezium = await withPool(variables, 'bench_d', (pool) => peer(pool, written, dataDir));
    const confirmed = await measure(
      await writeEvents({ ...variables, KAFKA_NAMESPACE: 'c.', DATABASE_SCHEMA: 'bench_c' }, 'confirmed'),
    );
    const ratio = (seconds: number): number => Math.round((seconds / finalized.seconds) * 1000) / 1000;
    return {
      ratios: { unnest: ratio(unnest), debezium: typeof debezium === 'number' ? ratio(debezium) : null },
      treeSeconds: finalized.treeMs / 1000,
      proofP99Ms: finalized.proofMsP99,
      ...{ finalized, confirmed, unnestSeconds: unnest, debeziumSeconds: debezium },
      ...{ events: PARTITIONS * EVENTS_A_PARTITION, targets: TARGETS, loadAverage: loadavg() },
    };
  } finally {
    await stack.stop();
    await removeStackData(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** @param work Given a pool whose search path is the schema. */
async function withPool<T>(env: Record<string, string>, schema: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = createPool(loadConfig(config, { ...env, DATABASE_SCHEMA: schema }), 'bench', silentLogger());
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

/** @returns seconds, or why there is no peer. */
async function peer(pool: Pool, { env, topics }: Written, dataDir: string): Promise<number | string> {
  const missing = await reasonForNoPeer('connect');
  if (missing !== undefined) return missing;
  const options = {
    brokers: env['KAFKA_BROKERS'] ?? '',
    registryUrl: env['SCHEMA_REGISTRY_URL'] ?? '',
    topic: topics.streamEvents,
    databaseUrl: env['DATABASE_URL'] ?? '',
    schema: 'bench_d',
    dataDir: join(dataDir, 'connect'),
  };
  try {
    return await takeInByDebezium(pool, options, PARTITIONS * EVENTS_A_PARTITION);
  } catch (error) {
    process.stderr.write(`Debezium is left out: ${messageOf(error)}\n`);
    return messageOf(error);
  }
}

/** What stands on a topic: the events of each partition, and how many records with the watermarks. */
interface Written {
  readonly env: Record<string, string>;
  readonly topics: TopicNames;
  readonly codec: RecordCodec;
  readonly events: readonly StreamEvent[][];
  readonly records: number;
}

async function writeEvents(env: Record<string, string>, commitment: StreamEvent['commitment']): Promise<Written> {
  const settings = loadConfig(config, env);
  const kafka = createKafka(settings, 'bench', silentLogger());
  const topics = await ensureTopics(kafka, settings);
  const codec = await RecordCodec.connect(settings);
  const producer = await connectProducer(kafka);
  const events: StreamEvent[][] = [];
  let records = 0;
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const batch: OutgoingRecord[] = [];
    const ofPartition = Array.from({ length: EVENTS_A_PARTITION }, (_, n) => makeEvent(partition, n, commitment));
    events.push(ofPartition);
    for (const [n, event] of ofPartition.entries()) {
      batch.push({ topic: topics.streamEvents, partition, key: null, value: codec.encode('StreamEvent', event) });
      if (n % WATERMARK_EVERY !== WATERMARK_EVERY - 1) continue;
      const watermark = {
        source: 'bench',
        fromSlot: 0,
        slot: event.slot,
        blockTime: 1_700_000_000,
        method: 'walk',
        signatures: 1,
        endpoint: 'x',
      };
      batch.push({ topic: topics.streamEvents, partition, key: null, value: codec.encode('SlotWatermark', watermark) });
    }
    records += batch.length;
    for (let start = 0; start < batch.length; start += 1000) await producer.send(batch.slice(start, start + 1000));
  }
  await producer.disconnect();
  return { env, topics, codec, events, records };
}

interface Measured {
  readonly eventsPerSecond: number;
  readonly seconds: number;
  readonly sinkCpuSeconds: number;
  readonly treeMs: number;
  readonly treeClaims: number;
  readonly proofMsP50: number;
  readonly proofMsP99: number;
}

async function measure({ env, topics, codec, events, records }: Written): Promise<Measured> {
  const settings = loadConfig(config, env);
  const producer = await connectProducer(createKafka(settings, 'bench', silentLogger()));
  const pool = createPool(settings, 'bench', silentLogger());
  const sink = await startRole(role, env, silentLogger());
  try {
    const cpuBefore = process.cpuUsage();
    const seconds = await secondsUntilTaken(pool, records);
    const cpu = process.cpuUsage(cpuBefore);
    const tree = buildTree(events[0] ?? []);
    const root = {
      channel: 'bench-0',
      epoch: 0n,
      root: tree.rootHex(),
      count: tree.size,
      recipe: 'claim-v0',
      oddNode: 'duplicate',
      startSlot: 0,
      endSlot: 431_999,
      finalizedSlot: 432_000,
      finalizedAt: 1_700_000_000_000,
      sourcePartition: 0,
      sourceOffset: EVENTS_A_PARTITION + Math.floor(EVENTS_A_PARTITION / WATERMARK_EVERY) - 1,
    };
    const startMs = performance.now();
    await producer.send([{ topic: topics.roots, partition: 0, key: null, value: codec.encode('RootFinalized', root) }]);
    const rootId = await builtRoot(pool);
    const treeMs = performance.now() - startMs;
    return {
      eventsPerSecond: Math.round(records / seconds),
      seconds,
      sinkCpuSeconds: (cpu.user + cpu.system) / 1e6,
      treeMs: Math.round(treeMs),
      treeClaims: tree.size,
      ...(await timeProofs(pool, rootId, tree.size)),
    };
  } finally {
    await sink.stop();
    await producer.disconnect();
    await pool.end();
  }
}

/** Seconds between the last look at which nothing was taken in and the first at which everything was. */
async function secondsUntilTaken(pool: Pool, records: number): Promise<number> {
  let startMs = performance.now();
  for (;;) {
    const { rows } = await pool.query<{ taken: number }>('select sum(next_offset)::bigint as taken from sink_offsets');
    const taken = rows[0]?.taken ?? 0;
    if (taken === 0) startMs = performance.now();
    if (taken >= records) return (performance.now() - startMs) / 1000;
    await delay(20);
  }
}

async function builtRoot(pool: Pool): Promise<number> {
  for (;;) {
    const { rows } = await pool.query<{ id: number; tree_state: string }>('select id, tree_state from roots');
    if (rows[0]?.tree_state === 'built') return rows[0].id;
    if (rows[0]?.tree_state === 'mismatch') throw new Error('the sink came to another root');
    await delay(20);
  }
}

async function timeProofs(
  pool: Pool,
  rootId: number,
  leafCount: number,
): Promise<{ proofMsP50: number; proofMsP99: number }> {
  const times: number[] = [];
  for (let i = 0; i < PROOFS; i += 1) {
    const leafIndex = Math.floor((i * leafCount) / PROOFS);
    const startMs = performance.now();
    await readProof(pool, { rootId, leafCount, oddNode: 'duplicate', leafIndex });
    times.push(performance.now() - startMs);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => Math.round((times[Math.floor(share * (PROOFS - 1))] ?? 0) * 1000) / 1000;
  return { proofMsP50: at(0.5), proofMsP99: at(0.99) };
}

function buildTree(events: readonly StreamEvent[]): MerkleTree {
  const claims = events.map((event) => {
    const { claimer, amount, id } = event.instruction.data;
    return { ...event, claimer: claimer ?? '', amount: amount ?? 0n, id: id ?? '' };
  });
  return new MerkleTree(sortCanonically(claims));
}

function makeEvent(partition: number, n: number, commitment: StreamEvent['commitment']): StreamEvent {
  const signature = base58Encode(randomBytes(64));
  const claimer = base58Encode(randomBytes(32));
  const none = {
    claimer: null,
    epoch: null,
    index: null,
    amount: null,
    id: null,
    root: null,
    requireReceipt: null,
    mintReceipt: null,
  };
  return {
    eventId: `${signature}/2`,
    timestamp: '2026-11-18T00:00:00.000Z',
    slot: Math.floor(n / 10),
    signature,
    tx: {
      version: 'legacy',
      blockTime: 1_700_000_000,
      feePayer: claimer,
      signers: [claimer],
      feeLamports: 5000n,
      computeUnits: 120_000,
      error: null,
    },
    instruction: {
      program: 'Attention Oracle',
      action: 'claim',
      name: 'claim_channel_open',
      data: { ...none, claimer, epoch: 1_763_000_400n, index: n, amount: 1_000_000n, id: `twitch:bench:user${n}` },
    },
    channel: `bench-${partition}`,
    channelAsSeen: `bench-${partition}`,
    protocolState: claimer,
    succeeded: true,
    commitment,
    retracted: false,
    source: 'bench',
    decoderVersion: 1,
    raw: randomBytes(120),
  };
}
