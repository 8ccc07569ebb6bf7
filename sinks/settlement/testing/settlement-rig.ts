/** Kafka, registry, a chain and settlement workers for the tests of the role. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { base58Encode, decodeChannelState, PROGRAM_ID } from '@attention-oracle/sdk';
import { channelStateAddress, setChannelMerkleRoot } from '@attention-oracle/sdk/web3';
import { Connection, Keypair, Transaction } from '@solana/web3.js';
import { NO_FAULTS } from '../../../local/chain/core/faults/fault-plan.ts';
import { seedGenesis } from '../../../local/chain/core/genesis.ts';
import { type Chain, startChain } from '../../../local/chain/start-chain.ts';
import { loadConfig } from '../../../runtime/config.ts';
import { KafkaAdmin } from '../../../runtime/kafka/admin.ts';
import { createKafka, type KafkaClient, type KafkaSettings } from '../../../runtime/kafka/client.ts';
import { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { connectProducer, partitionFor, type RecordProducer } from '../../../runtime/kafka/producer.ts';
import { followTopic, type TopicFollower } from '../../../runtime/kafka/topic-reader.ts';
import { ensureTopics, type TopicNames } from '../../../runtime/kafka/topics.ts';
import { type Logger, silentLogger } from '../../../runtime/logging.ts';
import { type StartedRole, startRole } from '../../../runtime/role.ts';
import type { Cursor, RootFinalized, SettlementDecision, SettlementRecord } from '../../../schemas/records.ts';
import { testStack, uniqueName } from '../../../tests/testing/stack.ts';
import { settlementConfig } from '../config.ts';
import { RpcChain } from '../io/rpc-chain.ts';
import { RpcEndpoints } from '../io/rpc-endpoints.ts';
import { role } from '../main.ts';

const PARTITIONS = 3;
/** 32 slots to finality take about a second. */
const SLOT_MS = 30;
const FINALITY_SLOTS = 32;
const RPC_TIMEOUT_MS = 60_000;

export class SettlementRig {
  readonly chain: Chain;
  readonly mint: string;
  readonly publisher: Keypair;
  readonly stranger: Keypair;
  readonly #folder: string;
  readonly #env: Record<string, string>;
  readonly #topics: TopicNames;
  readonly #codec: RecordCodec;
  readonly #kafka: KafkaClient;
  readonly #producer: RecordProducer;
  readonly #admin: KafkaAdmin;
  #ledger: TopicFollower | undefined;
  readonly #rows: SettlementRecord[] = [];
  readonly #waiters = new Set<() => void>();
  readonly #started = new Set<StartedRole>();
  readonly #children = new Set<ChildProcess>();

  private constructor(parts: {
    chain: Chain;
    mint: string;
    publisher: Keypair;
    stranger: Keypair;
    folder: string;
    env: Record<string, string>;
    topics: TopicNames;
    codec: RecordCodec;
    kafka: KafkaClient;
    producer: RecordProducer;
    admin: KafkaAdmin;
  }) {
    this.chain = parts.chain;
    this.mint = parts.mint;
    this.publisher = parts.publisher;
    this.stranger = parts.stranger;
    this.#folder = parts.folder;
    this.#env = parts.env;
    this.#topics = parts.topics;
    this.#codec = parts.codec;
    this.#producer = parts.producer;
    this.#admin = parts.admin;
    this.#kafka = parts.kafka;
  }

  static async start(): Promise<SettlementRig> {
    const [admin, publisher, stranger] = [Keypair.generate(), Keypair.generate(), Keypair.generate()];
    const genesis = seedGenesis({
      admin: admin.publicKey,
      publisher: publisher.publicKey,
      funded: [stranger.publicKey],
    });
    const chain = await startChain({ slotMs: SLOT_MS, startSlot: 1000, accounts: genesis.accounts });
    const folder = mkdtempSync(join(tmpdir(), 'ao-settlement-'));
    for (const [name, key] of Object.entries({ publisher, stranger })) {
      writeFileSync(join(folder, name), JSON.stringify([...key.secretKey]), { mode: 0o600 });
    }
    const { kafkaBrokers, registryUrl } = testStack();
    const env = {
      KAFKA_BROKERS: kafkaBrokers.join(','),
      SCHEMA_REGISTRY_URL: registryUrl,
      KAFKA_NAMESPACE: `${uniqueName('settlement')}.`,
      KAFKA_PARTITIONS: String(PARTITIONS),
      MINT_PUBKEY: genesis.mint,
      ANCHOR_PROVIDER_URL: chain.rpcUrl,
      AUTO_PUBLISH: 'true',
      SETTLEMENT_KEYPAIR: join(folder, 'publisher'),
      SETTLEMENT_POLL_MS: '100',
      SETTLEMENT_REBROADCAST_MS: '200',
      SETTLEMENT_LINGER_MS: '100',
      HOLD_RETRY_MS: '300',
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
    };
    const settings: KafkaSettings = loadConfig(settlementConfig, env);
    const kafka = createKafka(settings, 'settlement-test', silentLogger());
    const topics = await ensureTopics(kafka, settings);
    const codec = await RecordCodec.connect(settings);
    const producer = await connectProducer(kafka);
    const rig = new SettlementRig({
      ...{ chain, mint: genesis.mint, publisher, stranger, folder, env, topics, codec, kafka, producer },
      admin: await KafkaAdmin.connect(kafka),
    });
    await rig.#followLedger();
    return rig;
  }

  async #followLedger(): Promise<void> {
    this.#ledger = await followTopic({
      kafka: this.#kafka,
      topic: this.#topics.settlements,
      onRecords: async (records) => {
        await this.#codec.prepare(records.map(({ value }) => value));
        for (const { value } of records) {
          const { name, value: record } = this.#codec.decode(value);
          if (name === 'SettlementRecord') this.#rows.push(record);
        }
        for (const wake of this.#waiters) wake();
      },
    });
  }

  startWorker(env: Record<string, string> = {}, log: Logger = silentLogger()): Promise<StartedRole> {
    return startRole(role, { ...this.#env, ...env }, log).then((started) => {
      this.#started.add(started);
      void started.stopped.then(() => this.#started.delete(started));
      return started;
    });
  }

  /** The role in a process of its own, which can be killed. */
  spawnWorker(env: Record<string, string> = {}): ChildProcess {
    const script = fileURLToPath(new URL('./run-settlement.ts', import.meta.url));
    const child = spawn(process.execPath, ['--conditions=@attention-oracle/source', script], {
      env: { PATH: process.env['PATH'], LOG_LEVEL: 'silent', ...this.#env, ...env },
      stdio: 'ignore',
    });
    this.#children.add(child);
    return child;
  }

  keyFile(name: 'publisher' | 'stranger'): string {
    return join(this.#folder, name);
  }

  /** Roots over ten slots each, of a numbering from 0 unless the first slot is given. */
  async emitRoots(
    ...roots: readonly { channel: string; epoch: bigint; root?: string; startSlot?: number }[]
  ): Promise<void> {
    const values = roots.map(
      ({ channel, epoch, root, startSlot = Number(epoch) * 10 }): RootFinalized => ({
        ...{
          channel,
          epoch,
          root: root ?? rootHex(channel, epoch),
          count: 3,
          recipe: 'claim-v0',
          oddNode: 'duplicate',
        },
        ...{ startSlot, endSlot: startSlot + 9, finalizedSlot: startSlot + 12, finalizedAt: 1_700_000_000_000 },
        ...{ sourcePartition: 0, sourceOffset: 0 },
      }),
    );
    await this.emit(
      ...values.map((value) => ({ key: value.channel, value: this.#codec.encode('RootFinalized', value) })),
    );
  }

  /** Writes raw records to ao.roots.v1. */
  async emit(...messages: readonly { key: string; value: Buffer }[]): Promise<void> {
    const topic = this.#topics.roots;
    await this.#producer.send(messages.map((message) => ({ topic, ...message })));
  }

  /** Writes what somebody decides about a channel. */
  async decide(
    decision: Pick<SettlementDecision, 'action' | 'channel' | 'who'> & Partial<SettlementDecision>,
  ): Promise<void> {
    const record: SettlementDecision = { epoch: null, root: null, why: 'in a test', at: Date.now(), ...decision };
    const value = this.#codec.encode('SettlementDecision', record);
    await this.#producer.send([{ topic: this.#topics.decisions, key: record.channel, value, partition: 0 }]);
  }

  /** Writes what a listener says of itself: which chain it reads. Default: the rig's own. */
  async listenerReads(listener: string, genesisHash?: string): Promise<void> {
    const own = genesisHash ?? (await this.#connection().getGenesisHash());
    const cursor: Cursor = {
      ...{ listener, fromSlot: 0, slot: 5, signature: null, blockTime: 0, resumeOffsets: [] },
      ...{ updatedAt: Date.now(), genesisHash: own },
    };
    const value = this.#codec.encode('Cursor', cursor);
    await this.#producer.send([{ topic: this.#topics.cursors, key: listener, value, partition: 0 }]);
  }

  async appendLedger(record: SettlementRecord): Promise<void> {
    const partition = this.partitionOf(record.channel);
    const value = this.#codec.encode('SettlementRecord', record);
    await this.#producer.send([{ topic: this.#topics.settlements, key: record.channel, value, partition }]);
  }

  partitionOf(channel: string): number {
    return partitionFor(channel, this.#topics.roots, PARTITIONS);
  }

  rows(channel: string, epoch: bigint): SettlementRecord[] {
    return this.#rows.filter((row) => row.channel === channel && row.epoch === epoch);
  }

  /** The rows of a root, once one of them has the status. */
  async rowsUntil(
    channel: string,
    epoch: bigint,
    ...statuses: SettlementRecord['status'][]
  ): Promise<SettlementRecord[]> {
    for (;;) {
      const rows = this.rows(channel, epoch);
      if (rows.some(({ status }) => statuses.includes(status))) return rows;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiters.delete(wake);
          resolve();
        };
        this.#waiters.add(wake);
      });
    }
  }

  /** The root on chain for an epoch of a channel; undefined when the ring does not hold that epoch. */
  rootOnChain(channel: string, epoch: bigint): string | undefined {
    const account = this.chain.control.account(channelStateAddress(this.mint, channel)[0].toBase58());
    if (account === null) return undefined;
    const slot = decodeChannelState(account.data).ring.find((candidate) => candidate.epoch === epoch);
    return slot === undefined ? undefined : Buffer.from(slot.root).toString('hex');
  }

  /** How many set_channel_merkle_root instructions succeeded on the channel's account, finalised. */
  async publicationCount(channel: string): Promise<number> {
    const endpoints = new RpcEndpoints([this.chain.rpcUrl], RPC_TIMEOUT_MS, new AbortController().signal);
    const program = { mint: this.mint, programId: PROGRAM_ID };
    return (await new RpcChain(endpoints, program).channelHistory(channel, 0)).publications.length;
  }

  /** Of each transaction. */
  async versionsOf(signatures: readonly (string | null | undefined)[]): Promise<unknown[]> {
    const found = signatures.map((signature) =>
      this.#connection().getTransaction(signature ?? '', {
        commitment: 'finalized',
        maxSupportedTransactionVersion: 1,
      }),
    );
    return (await Promise.all(found)).map((transaction) => transaction?.version);
  }

  #connection(): Connection {
    return new Connection(this.chain.rpcUrl, { commitment: 'confirmed', wsEndpoint: this.chain.wsUrl });
  }

  /** Publishes as somebody else than the worker would, and waits until it is finalised. */
  async publishByHand(root: { channel: string; epoch: bigint; root: string }): Promise<void> {
    const connection = this.#connection();
    const { blockhash } = await connection.getLatestBlockhash();
    const instruction = setChannelMerkleRoot({
      ...{ payer: this.publisher.publicKey, mint: this.mint, channel: root.channel, epoch: root.epoch },
      root: Buffer.from(root.root, 'hex'),
    });
    const transaction = new Transaction({ feePayer: this.publisher.publicKey, recentBlockhash: blockhash }).add(
      instruction,
    );
    transaction.sign(this.publisher);
    await connection.sendRawTransaction(transaction.serialize(), { skipPreflight: true });
    // Driving the chain instead of waiting for its clock.
    this.chain.control.advanceSlots(FINALITY_SLOTS + 2);
  }

  blockHeight(): Promise<number> {
    return this.#connection().getBlockHeight('confirmed');
  }

  /** A well-formed signature that no transaction has. */
  unknownSignature(): string {
    return base58Encode(randomBytes(64));
  }

  /** Where the roots of a channel stand in ao.roots.v1, when they are the newest of their partition. */
  async rootOffsets(channel: string): Promise<[{ offset: number }]> {
    const bounds = await this.#admin.bounds(this.#topics.roots);
    return [{ offset: Number(bounds.get(this.partitionOf(channel))?.high ?? 0) - 1 }];
  }

  /** Records of ao.roots.v1 (of one channel's partition, or of all) after the committed offsets. */
  async unsettledCount(channel?: string): Promise<number> {
    const groupId = `${this.#env['KAFKA_NAMESPACE'] ?? ''}ao-settlement`;
    const found = await this.#admin.committed(groupId, [this.#topics.roots]);
    const bounds = await this.#admin.bounds(this.#topics.roots);
    const counted = [...bounds].filter(
      ([partition]) => channel === undefined || partition === this.partitionOf(channel),
    );
    return counted.reduce((sum, [partition, { high }]) => {
      const committed = found.get(this.#topics.roots)?.get(partition)?.offset ?? 0n;
      return sum + Number(high - committed);
    }, 0);
  }

  /** Records of ao.dead-letters.v1. */
  async deadLetterCount(): Promise<number> {
    const bounds = await this.#admin.bounds(this.#topics.deadLetters);
    return [...bounds.values()].reduce((sum, { high }) => sum + Number(high), 0);
  }

  /** Stops every worker and lets the chain do no wrong any more. */
  async calm(): Promise<void> {
    for (const started of [...this.#started]) await started.stop();
    for (const child of this.#children) child.kill('SIGKILL');
    this.#children.clear();
    this.chain.control.setFaults(NO_FAULTS);
  }

  async stop(): Promise<void> {
    await this.calm();
    await this.#ledger?.stop();
    await this.#producer.disconnect();
    await this.#admin.close();
    await this.chain.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function rootHex(channel: string, epoch: bigint): string {
  return Buffer.from(`${channel}/${epoch}`).toString('hex').padEnd(64, '0').slice(0, 64);
}
