import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { Keypair } from '@solana/web3.js';
import { seedGenesis } from '../local/chain/core/genesis.ts';
import { startChain } from '../local/chain/start-chain.ts';
import { startStack } from '../local/stack/stack.ts';
import { removeStackData } from '../local/stack/stack-data.ts';
import { loadConfig } from '../runtime/config.ts';
import { createKafka } from '../runtime/kafka/client.ts';
import { RecordCodec } from '../runtime/kafka/codec.ts';
import { connectProducer } from '../runtime/kafka/producer.ts';
import { followTopic } from '../runtime/kafka/topic-reader.ts';
import { ensureTopics } from '../runtime/kafka/topics.ts';
import { silentLogger } from '../runtime/logging.ts';
import { startRole } from '../runtime/role.ts';
import type { SettlementRecord } from '../schemas/records.ts';
import { heldDelay } from '../simulation/settlement/held-delay.ts';
import { settlementConfig } from '../sinks/settlement/config.ts';
import { role } from '../sinks/settlement/main.ts';

const CHANNELS = 8;
const BACKLOG_EPOCHS = 85;
/** Finality takes 32 slots under TowerBFT. */
const SINGLE_ROOTS = { alpenglow: 30, tower: 8 };
const SLOT_MS = 200;
/** Pairs of simulated runs, with and without channels that are held. */
const HELD_SEEDS = 20;
/** Lamports a signature. */
const BASE_FEE = 5000;

type Env = Record<string, string>;

/**
 * Settlement against the local chain, under Alpenglow and under TowerBFT in the same run: one root after the other from its record to
 * FINALIZED, then a backlog. `feeRatio` is the base fees of the backlog, by those of one root a transaction.
 */
export async function run(): Promise<object> {
  const dataDir = join(import.meta.dirname, '..', '.data', `bench-settle-${process.pid}`);
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  mkdirSync(dataDir, { recursive: true });
  const env = { AO_STACK: process.env.AO_STACK ?? 'embedded' };
  const stack = await startStack({ dataDir, fresh: true, durable: false, preferKnownPorts: false, env, log });
  const loadBefore = loadavg();
  try {
    const variables = { KAFKA_BROKERS: stack.kafkaBrokers.join(','), SCHEMA_REGISTRY_URL: stack.registryUrl };
    const alpenglow = await measure({ ...variables, KAFKA_NAMESPACE: 'alpenglow.' }, dataDir, 0);
    log(`Alpenglow: ${JSON.stringify(alpenglow)}`);
    const tower = await measure({ ...variables, KAFKA_NAMESPACE: 'tower.' }, dataDir, 'never');
    const besideHeldChannels = { seeds: HELD_SEEDS, mostSlotsLater: await mostSlotsLater() };
    return { ...alpenglow, tower, besideHeldChannels, slotMs: SLOT_MS, machine: { loadBefore, loadAfter: loadavg() } };
  } finally {
    await stack.stop();
    await removeStackData(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** By how many simulated slots a held channel made another one's root later, at most. */
async function mostSlotsLater(): Promise<number> {
  let most = 0;
  for (let seed = 1; seed <= HELD_SEEDS; seed += 1) most = Math.max(most, (await heldDelay(seed)).slots);
  return most;
}

async function measure(shared: Env, dir: string, alpenglowGenesisSlot: number | 'never'): Promise<object> {
  const publisher = Keypair.generate();
  const keyFile = join(dir, `${shared['KAFKA_NAMESPACE']}json`);
  writeFileSync(keyFile, JSON.stringify([...publisher.secretKey]), { mode: 0o600 });
  const { accounts, mint } = seedGenesis({ admin: publisher.publicKey, publisher: publisher.publicKey });
  const chain = await startChain({ slotMs: SLOT_MS, startSlot: 100_000, accounts, alpenglowGenesisSlot });
  const env = {
    ...shared,
    MINT_PUBKEY: mint,
    ANCHOR_PROVIDER_URL: chain.rpcUrl,
    AUTO_PUBLISH: 'true',
    SETTLEMENT_KEYPAIR: keyFile,
    METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
  };
  const worker = await startRole(role, env, silentLogger());
  try {
    return await settle(env, alpenglowGenesisSlot === 'never' ? SINGLE_ROOTS.tower : SINGLE_ROOTS.alpenglow);
  } finally {
    await worker.stop();
    await chain.stop();
  }
}

async function settle(env: Env, singleRoots: number): Promise<object> {
  const kafka = createKafka(loadConfig(settlementConfig, env), 'bench', silentLogger());
  const topics = await ensureTopics(kafka, kafka.settings);
  const codec = await RecordCodec.connect(kafka.settings);
  const producer = await connectProducer(kafka);
  const finalized = new Map<string, SettlementRecord>();
  let noteChange = Promise.withResolvers<void>();
  const follower = await followTopic({
    kafka,
    topic: topics.settlements,
    onRecords: async (records) => {
      await codec.prepare(records.map(({ value }) => value));
      for (const { value } of records) {
        const { name, value: row } = codec.decode(value);
        if (name === 'SettlementRecord' && row.status === 'FINALIZED')
          finalized.set(`${row.channel}/${row.epoch}`, row);
      }
      noteChange.resolve();
      noteChange = Promise.withResolvers<void>();
    },
  });
  const emit = async (roots: readonly { channel: string; epoch: number }[]): Promise<number> => {
    const startedMs = performance.now();
    await producer.send(
      roots.map(({ channel, epoch }) => {
        const root = Buffer.from(`${channel}/${epoch}`).toString('hex').padEnd(64, '0');
        const slots = { startSlot: epoch * 10, endSlot: epoch * 10 + 9, finalizedSlot: epoch * 10 + 12 };
        const made = { count: 3, recipe: 'claim-v0', oddNode: 'duplicate', finalizedAt: Date.now() } as const;
        const record = { channel, epoch: BigInt(epoch), root, ...slots, ...made, sourcePartition: 0, sourceOffset: 0 };
        return { topic: topics.roots, key: channel, value: codec.encode('RootFinalized', record) };
      }),
    );
    while (!roots.every(({ channel, epoch }) => finalized.has(`${channel}/${epoch}`))) await noteChange.promise;
    return performance.now() - startedMs;
  };
  const singleMs: number[] = [];
  for (let epoch = 1; epoch <= singleRoots; epoch += 1) singleMs.push(await emit([{ channel: 'single', epoch }]));
  finalized.clear();
  const epochs = Array.from({ length: BACKLOG_EPOCHS }, (_, index) => index + 1);
  const channels = Array.from({ length: CHANNELS }, (_, index) => `channel-${index}`);
  const backlogMs = await emit(epochs.flatMap((epoch) => channels.map((channel) => ({ channel, epoch }))));
  const transactions = new Set([...finalized.values()].map(({ signature }) => signature)).size;
  await follower.stop();
  await producer.disconnect();
  const sorted = singleMs.sort((a, b) => a - b).map(Math.round);
  return {
    recordToFinalizedMs: { p50: sorted[Math.floor(singleRoots / 2)], p99: sorted.at(-1) },
    backlogRoots: finalized.size,
    backlogSeconds: Math.round(backlogMs / 100) / 10,
    backlogTransactions: transactions,
    feeRatio: (transactions * BASE_FEE) / (finalized.size * BASE_FEE),
  };
}
