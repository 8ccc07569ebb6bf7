import { loadavg } from 'node:os';
import type { OutgoingRecord } from '../runtime/kafka/records.ts';
import { withBrokerAdmin } from '../runtime/kafka/testing/broker-admin.ts';
import { followTopic } from '../runtime/kafka/topic-reader.ts';
import { BenchChild } from './measure/child-process.ts';
import { reasonForNoPeer } from './measure/java-peer.ts';
import { Streams, type StreamsOptions } from './process/streams.ts';
import { type Broker, withBroker } from './processor/broker.ts';
import { CHANNELS, claim, makeClaimers, RULES, watermark } from './processor/records.ts';

const CLAIMS = Number(process.env['AO_BENCH_CLAIMS'] ?? 1_000_000);
const PARTITIONS = 6;
const STREAMS_ROOTS = 'bench-streams-roots';
const WATERMARK_EVERY = 3000;
const SLOTS_A_CLAIM = 0.4;
const SECONDS_A_SLOT = 0.4;
const DURATION = RULES.schedule.durationSlots;
/** The first epoch's few claims are finalised by the last records of the second one's million. */
const GRACE_SLOTS = Math.floor(CLAIMS * SLOTS_A_CLAIM) - 20;
const TARGETS = {
  ratios: { bare: 0.5, kafkaStreams: 2 },
  rssRatio: 0.5,
  restoreRatio: 1 / 3,
  eventsPerSecond: 100_000,
};

/**
 * The processor and a Kafka Streams application (exactly_once_v2) on the same topic of the same broker, one after the other: from the start
 * of the process to the roots of an epoch that the last of a million records close; peak memory; then, started anew with nothing
 * but the topics, to the roots of the million. Both must come to the same roots. `bare` is the library's consumer and Avro alone. Ratios of claims a
 * second are ours by theirs, those of memory and time too.
 */
export async function run(): Promise<object> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const missing = await reasonForNoPeer('streams');
  const loadBefore = loadavg();
  const variables = {
    EPOCH_DURATION_SLOTS: String(DURATION),
    FINALIZE_THRESHOLD_SECS: String(Math.floor(GRACE_SLOTS * SECONDS_A_SLOT)),
  };
  return withBroker('process', variables, async (broker) => {
    const bench = await Bench.open(broker);
    log(`writing ${CLAIMS} claims`);
    const records = await bench.writeClaims();
    log('the consumer and Avro alone');
    const bare = await bench.bare(records);
    log('the processor');
    const ours = await bench.processor(CHANNELS);
    if (missing === undefined) log('Kafka Streams');
    const theirs = missing === undefined ? await bench.streams(CHANNELS) : undefined;
    await bench.closeMillion();
    log('both once more, with nothing but the topics');
    const oursAgain = await bench.processor(2 * CHANNELS);
    const theirsAgain = missing === undefined ? await bench.streams(2 * CHANNELS) : undefined;
    if (theirsAgain !== undefined) bench.expectSameRoots();
    const ratio = (a: number | undefined, b: number | undefined): number | null =>
      a === undefined || b === undefined ? null : Math.round((a / b) * 1000) / 1000;
    return {
      ratios: { bare: ratio(bare, ours.seconds), kafkaStreams: ratio(theirs?.seconds, ours.seconds) },
      rssRatio: ratio(ours.peakRssMb, theirs?.peakRssMb),
      restoreRatio: ratio(oursAgain.seconds, theirsAgain?.seconds),
      eventsPerSecond: Math.round(records / ours.seconds),
      bareSeconds: bare,
      ...{ ours, theirs, oursAgain, theirsAgain, kafkaStreamsMissing: missing },
      ...{ claims: CLAIMS, targets: TARGETS, loadAverage: { before: loadBefore, after: loadavg() } },
    };
  });
}

interface Measured {
  readonly seconds: number;
  readonly peakRssMb: number;
}

class Bench {
  readonly #broker: Broker;
  readonly #roots = { ours: new Map<string, string>(), theirs: new Map<string, string>() };

  private constructor(broker: Broker) {
    this.#broker = broker;
  }

  static async open(broker: Broker): Promise<Bench> {
    await withBrokerAdmin(broker.kafka, (admin) =>
      admin.createTopics({ topics: [{ topic: STREAMS_ROOTS, numPartitions: PARTITIONS, replicationFactor: 1 }] }),
    );
    return new Bench(broker);
  }

  /** @returns how many records stand on the topic now. */
  async writeClaims(): Promise<number> {
    const claimers = makeClaimers();
    let batch = Array.from({ length: CHANNELS }, (_, at) => this.#claim(at, at, claimers));
    let records = 0;
    const { producer } = this.#broker;
    const send = async (): Promise<void> => {
      records += batch.length;
      await producer.send(batch);
      batch = [];
    };
    batch.push(...this.#watermarks(0, DURATION - 1));
    let proven = DURATION - 1;
    for (let at = 0; at < CLAIMS; at += 1) {
      const slot = DURATION + Math.floor(at * SLOTS_A_CLAIM);
      batch.push(this.#claim(at, slot, claimers));
      if (at % WATERMARK_EVERY !== WATERMARK_EVERY - 1 && at !== CLAIMS - 1) continue;
      batch.push(...this.#watermarks(proven + 1, slot));
      proven = slot;
      await send();
    }
    return records;
  }

  /** The watermark that ends the epoch of the million. */
  async closeMillion(): Promise<void> {
    const from = DURATION + Math.floor((CLAIMS - 1) * SLOTS_A_CLAIM) + 1;
    await this.#broker.producer.send(this.#watermarks(from, 2 * DURATION + GRACE_SLOTS + 100));
  }

  async bare(records: number): Promise<number> {
    const child = new BenchChild(new URL('./process/bare-process.ts', import.meta.url));
    const startMs = performance.now();
    await child.ask('consume', { env: this.#broker.env, topic: this.#broker.names.streamEvents, records });
    const seconds = secondsSince(startMs);
    await child.stop();
    return seconds;
  }

  async processor(roots: number): Promise<Measured> {
    const startMs = performance.now();
    const child = new BenchChild(new URL('./process/processor-process.ts', import.meta.url));
    await child.ask('start', { env: this.#broker.env });
    await this.#readRoots(this.#broker.names.roots, roots, (value) => {
      const { value: root } = this.#broker.codec.decode(value) as {
        value: { channel: string; epoch: bigint; root: string };
      };
      this.#roots.ours.set(`${root.channel} ${root.epoch}`, root.root);
    });
    const seconds = secondsSince(startMs);
    const peakRssMb = Math.round(await child.ask<number>('peakRssMb'));
    await child.ask('stop');
    await child.stop();
    return { seconds, peakRssMb };
  }

  async streams(roots: number): Promise<Measured> {
    const options: StreamsOptions = {
      brokers: this.#broker.env['KAFKA_BROKERS'] ?? '',
      registryUrl: this.#broker.env['SCHEMA_REGISTRY_URL'] ?? '',
      events: this.#broker.names.streamEvents,
      roots: STREAMS_ROOTS,
      durationSlots: DURATION,
      graceSlots: GRACE_SLOTS,
    };
    const startMs = performance.now();
    const peer = await Streams.start(options, this.#broker.dataDir);
    await this.#readRoots(STREAMS_ROOTS, roots, (value) => {
      const root = JSON.parse(value.toString()) as { channel: string; epoch: number; root: string };
      this.#roots.theirs.set(`${root.channel} ${root.epoch}`, root.root);
    });
    const seconds = secondsSince(startMs);
    const peakRssMb = Math.round(peer.peakRssMb());
    await peer.stop();
    return { seconds, peakRssMb };
  }

  expectSameRoots(): void {
    const { ours, theirs } = this.#roots;
    const differing = [...ours].filter(([name, root]) => theirs.get(name) !== root);
    if (differing.length > 0 || ours.size !== 2 * CHANNELS)
      throw new Error(`the processor and Kafka Streams come to different roots: ${differing.length} of ${ours.size}`);
  }

  /** Reads the topic from its beginning until so many roots were seen. */
  async #readRoots(topic: string, count: number, take: (value: Buffer) => void): Promise<void> {
    let left = count;
    const follower = await followTopic({
      kafka: this.#broker.kafka,
      topic,
      onRecords: (records) => {
        for (const { value } of records) if (value !== null) take(value);
        left -= records.length;
        return left > 0;
      },
    });
    await follower.ended;
    await follower.stop();
  }

  #claim(at: number, slot: number, claimers: readonly string[]): OutgoingRecord {
    const value = this.#broker.codec.encode('StreamEvent', claim(at, slot, claimers));
    return { topic: this.#broker.names.streamEvents, partition: (at % CHANNELS) % PARTITIONS, key: null, value };
  }

  #watermarks(fromSlot: number, slot: number): OutgoingRecord[] {
    const value = this.#broker.codec.encode('SlotWatermark', watermark(fromSlot, slot));
    const topic = this.#broker.names.streamEvents;
    return Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, key: null, value }));
  }
}

const secondsSince = (startMs: number): number => Math.round(performance.now() - startMs) / 1000;
