/** One partition, its group's offset and its roots topic in memory, with the faults of a broker and the rights of members. */

import { Registry } from '@prometheus-io/client';
import { AppError } from '../../../runtime/errors.ts';
import type { Decoded } from '../../../runtime/kafka/codec.ts';
import type { PartitionBatch } from '../../../runtime/kafka/consumer.ts';
import type { GroupOffset } from '../../../runtime/kafka/producer.ts';
import type { CommittedOffset, KafkaRecord, OutgoingRecord } from '../../../runtime/kafka/records.ts';
import { topicNames } from '../../../runtime/kafka/topics.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import type { RootFinalized } from '../../../schemas/records.ts';
import type { Rules } from '../core/rules.ts';
import { StandingRoots } from '../core/standing-roots.ts';
import { ProcessorMetrics } from '../io/metrics.ts';
import { PartitionWorker, type WorkerPorts } from '../io/partition-worker.ts';
import type { Placed } from './logs.ts';

const TOPICS = topicNames({ KAFKA_NAMESPACE: '' });

export type WriteFault = 'none' | 'lost' | 'landed but reported lost';

export class FakeKafka {
  readonly log: Placed[];
  /** Committed records, as text. */
  readonly written: string[] = [];
  committed: CommittedOffset = { offset: undefined, metadata: '' };
  /** Epoch of the transactional id: who fenced last. */
  producerEpoch = 0;
  /** Generation of the group. */
  generation = 0;
  nextFault: WriteFault = 'none';
  registryIsDown = false;
  /** What reading the roots topic ends in. */
  rootsFault: Error | undefined;
  /** Happens once, while a member has the schemas of its batch looked up. */
  meanwhile: (() => void) | undefined;
  /** First offset that is still there. */
  low = 0;
  /** Of the event topic. */
  topicId = 'first';
  /** The state topic by key, compacted at once: the harshest that a broker may do. */
  readonly state = new Map<string, KafkaRecord>();
  stateEnd = 0;
  /** Records that members have read. */
  read = 0;
  isSnapshotDue: (replayRecords: number, rows: number) => boolean = (replayRecords) => replayRecords > 6;
  /** Committed roots. */
  readonly roots: RootFinalized[] = [];

  /** False: who was fenced may go on writing. */
  fences = true;
  readonly #inputs: Map<number, Placed['input']>;

  constructor(log: readonly Placed[]) {
    this.log = [...log];
    this.#inputs = new Map(log.map(({ offset, input }) => [offset, input]));
  }

  append(placed: Placed): void {
    this.log.push(placed);
    this.#inputs.set(placed.offset, placed.input);
  }

  inputAt(offset: number): Placed['input'] | undefined {
    return this.#inputs.get(offset);
  }

  /** Offset at the end of the log. */
  get end(): number {
    return (this.log.at(-1)?.offset ?? -1) + 1;
  }

  commit(records: readonly OutgoingRecord[], { offset, metadata }: GroupOffset): void {
    for (const record of records.filter(({ topic }) => topic === TOPICS.processorState)) {
      this.state.set(String(record.key), { ...messageAt(this.stateEnd), value: record.value });
      this.stateEnd += 1;
    }
    const outputs = records.filter(({ topic }) => topic !== TOPICS.processorState);
    this.written.push(...outputs.map(({ topic, key, value }) => `${topic} ${key?.toString()} ${value?.toString()}`));
    for (const { topic, value } of records) if (topic === TOPICS.roots) this.roots.push(rootOf(value));
    this.committed = { offset, metadata: metadata ?? '' };
  }
}

/** Values are bigint-safe JSON: what matters is that equal records are equal bytes. */
const textOf = (value: unknown): Buffer =>
  Buffer.from(JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)));

const rootOf = (value: unknown): RootFinalized =>
  JSON.parse(String(value), (_, part: unknown) =>
    typeof part === 'string' && /^\d+n$/.test(part) ? BigInt(part.slice(0, -1)) : part,
  ) as RootFinalized;

/** A process that believes it owns the partition from its assignment on, until it is told otherwise. */
export class FakeMember {
  readonly #kafka: FakeKafka;
  readonly worker: PartitionWorker;
  #generation = 0;
  #position = 0;
  #sought = false;
  #producerEpoch = -1;

  constructor(kafka: FakeKafka, rules: Rules) {
    this.#kafka = kafka;
    this.worker = new PartitionWorker(this.#ports(rules), 0);
  }

  get isDone(): boolean {
    return this.#position >= this.#kafka.end;
  }

  /** Joins: from now on this member's generation is the group's. */
  join(): void {
    this.#kafka.generation += 1;
    this.#generation = this.#kafka.generation;
    this.#position = Number(this.#kafka.committed.offset ?? 0n);
  }

  /** What the last batch failed of. */
  failure: unknown;

  /** Ahead of the first batch, as the group member does. */
  async takeOver(): Promise<void> {
    await this.worker.prepare(this.#generation).catch((error: unknown) => (this.failure = error));
  }

  /** Fetches up to `size` records and has them processed. @returns false when the batch must come again. */
  async step(size: number): Promise<boolean> {
    this.#sought = false;
    const placed = this.#kafka.log.filter(({ offset }) => offset >= this.#position).slice(0, size);
    this.#kafka.read += placed.length;
    const last = placed.at(-1);
    if (last === undefined) return true;
    const generation = this.#generation;
    const batch: PartitionBatch = {
      topic: 'events',
      partition: 0,
      generation,
      messages: placed.map(({ offset }) => messageAt(offset)),
      fetchedFrom: BigInt(this.#position),
      nextOffset: BigInt(last.offset + 1),
      lag: 0n,
      isCurrent: () => !this.#sought && generation === this.#generation,
      heartbeat: () => this.#heartbeat(),
    };
    try {
      await this.worker.process(batch);
      if (batch.isCurrent()) this.#position = last.offset + 1;
      return true;
    } catch (error) {
      this.failure = error;
      return false;
    }
  }

  /** Fetches from another offset, as the library does where records are gone. */
  skipTo(offset: number): void {
    this.#position = offset;
  }

  async flush(): Promise<void> {
    await this.worker.flush(this.#generation);
  }

  #heartbeat(): Promise<void> {
    return this.#isMember() ? Promise.resolve() : Promise.reject(new Error('The group is rebalancing'));
  }

  #isMember(): boolean {
    return this.#generation === this.#kafka.generation;
  }

  #ports(rules: Rules): WorkerPorts {
    const kafka = this.#kafka;
    let nowMs = 0;
    return {
      rules,
      groupId: 'group',
      topics: TOPICS,
      found: (partition) =>
        Promise.resolve({
          topic: TOPICS.streamEvents,
          partition,
          topicId: kafka.topicId,
          low: kafka.low,
          high: kafka.end,
        }),
      standing: (partition) =>
        kafka.rootsFault === undefined
          ? Promise.resolve(new StandingRoots(kafka.roots, partition, rules.schedule))
          : Promise.reject(kafka.rootsFault),
      assertNumbering: () => Promise.resolve(),
      snapshotRecords: (_partition, { offset, records }) => {
        const found = [...kafka.state.values()].filter(({ offset: at, value }) => value && Number(at) >= offset);
        const within = found.filter(({ offset: at }) => Number(at) < offset + records);
        this.#kafka.read += within.length;
        return Promise.resolve(within.sort((a, b) => Number(a.offset) - Number(b.offset)));
      },
      isSnapshotDue: (replayRecords, rows) => kafka.isSnapshotDue(replayRecords, rows),
      checkpointIntervalMs: 2,
      metrics: new ProcessorMetrics(new Registry(), () => []),
      log: silentLogger(),
      now: () => (nowMs += 1),
      wait: () => Promise.resolve(),
      consumer: {
        committed: () => Promise.resolve(new Map([[0, kafka.committed]])),
        release: () => undefined,
        seek: (_topic, _partition, offset) => {
          this.#position = Number(offset);
          this.#sought = true;
        },
      },
      codec: {
        prepare: () => {
          kafka.meanwhile?.();
          kafka.meanwhile = undefined;
          return kafka.registryIsDown
            ? Promise.reject(new AppError('REGISTRY_UNAVAILABLE', 'down', { retryable: true }))
            : Promise.resolve();
        },
        decodeCounted: (value) => kafka.inputAt(Number(value?.toString())) as Decoded,
        encode: (_name, value) => textOf(value),
      },
      writer: {
        fence: () => {
          kafka.producerEpoch += 1;
          this.#producerEpoch = kafka.producerEpoch;
          return Promise.resolve();
        },
        write: (records, group) => {
          const begin = { topicName: TOPICS.processorState, partition: 0, baseOffset: String(kafka.stateEnd) };
          const offsets = typeof group?.offsets === 'function' ? group.offsets([begin]) : group?.offsets;
          return this.#write(records, offsets?.[0] as GroupOffset);
        },
        close: () => Promise.resolve(),
      },
    };
  }

  #write(records: readonly OutgoingRecord[], offset: GroupOffset): Promise<[]> {
    const isOwner = !this.#kafka.fences || this.#producerEpoch === this.#kafka.producerEpoch;
    this.#producerEpoch = isOwner ? this.#producerEpoch : -1;
    if (!isOwner) return Promise.reject(new AppError('PRODUCER_FENCED', 'fenced'));
    const fault = this.#kafka.nextFault;
    this.#kafka.nextFault = 'none';
    if (fault !== 'lost') this.#kafka.commit(records, offset);
    if (fault === 'none') return Promise.resolve([]);
    this.#producerEpoch = -1;
    return Promise.reject(new AppError('TRANSACTION_FAILED', fault, { retryable: true }));
  }
}

function messageAt(offset: number): KafkaRecord {
  return {
    key: null,
    value: Buffer.from(String(offset)),
    timestamp: '0',
    offset: String(offset),
    headers: {},
  };
}
