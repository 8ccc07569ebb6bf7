import type { OutgoingRecord } from '../runtime/kafka/records.ts';
import { BenchChild } from './measure/child-process.ts';
import { type Broker, ProcessorProcess, secondsUntilCommitted, sendAllOf, withBroker } from './processor/broker.ts';
import { claim, makeClaimers, watermark } from './processor/records.ts';

const CLAIMS = Number(process.env['AO_BENCH_CLAIMS'] ?? 1_000_000);
const PARTITIONS = 6;
const WATERMARK_EVERY = 500;
const DURATION_SLOTS = 432_000;

/**
 * A processor over real Kafka: 1,000,000 claims of one epoch taken in, beside the library's own consumer that decodes them; stopped and
 * started again, from the start of the process until all partitions have committed a record that came meanwhile; then the roots.
 */
export async function run(): Promise<object> {
  return withBroker('restore', { EPOCH_DURATION_SLOTS: String(DURATION_SLOTS) }, async (broker) => {
    await sendAllOf(broker.producer, openClaims(broker));
    const records = CLAIMS + PARTITIONS * Math.floor(CLAIMS / PARTITIONS / WATERMARK_EVERY);
    const bare = new BenchChild(new URL('process/bare-process.ts', import.meta.url));
    const bareMs = performance.now();
    await bare.ask('consume', { env: broker.env, topic: broker.names.streamEvents, records });
    const bareSeconds = (performance.now() - bareMs) / 1000;
    await bare.stop();

    const first = new ProcessorProcess(broker.env);
    const firstSeconds = await secondsUntilCommitted(broker);
    await first.stop();

    await broker.producer.send(watermarks(broker, lastSlot() - 100, lastSlot()));
    const startedMs = performance.now();
    const second = new ProcessorProcess(broker.env);
    try {
      await secondsUntilCommitted(broker);
      const seconds = (performance.now() - startedMs) / 1000;
      const [rssMb, cpuSeconds] = [second.peakRssMb, second.cpuSeconds];
      await broker.producer.send(watermarks(broker, 0, DURATION_SLOTS + 3000));
      const rootsSeconds = await secondsUntilCommitted(broker);
      return {
        seconds: rounded(seconds),
        rssMb,
        cpuSeconds,
        claims: CLAIMS,
        bareSeconds: rounded(bareSeconds),
        takenInSeconds: rounded(firstSeconds),
        rootsSeconds: rounded(rootsSeconds),
        rssMbWithRoots: second.peakRssMb,
        eventsPerSecond: Math.round(records / (firstSeconds + rootsSeconds)),
        ratios: { bare: rounded(bareSeconds / (firstSeconds + rootsSeconds)) },
      };
    } finally {
      await second.stop();
    }
  });
}

const lastSlot = (): number => slotOf(Math.floor(CLAIMS / PARTITIONS));

/** All of a partition in one epoch. */
function slotOf(n: number): number {
  return Math.floor((n * (DURATION_SLOTS - 20_000)) / Math.ceil(CLAIMS / PARTITIONS));
}

function* openClaims({ codec, names }: Broker): Generator<OutgoingRecord> {
  const claimers = makeClaimers();
  const topic = names.streamEvents;
  for (let at = 0; at < CLAIMS; at += 1) {
    const [partition, n] = [at % PARTITIONS, Math.floor(at / PARTITIONS)];
    const slot = slotOf(n);
    yield { topic, partition, key: null, value: codec.encode('StreamEvent', claim(at, slot, claimers)) };
    if (n % WATERMARK_EVERY !== WATERMARK_EVERY - 1) continue;
    const value = codec.encode('SlotWatermark', watermark(slotOf(n - WATERMARK_EVERY), slot));
    yield { topic, partition, key: null, value };
  }
}

function watermarks({ codec, names }: Broker, from: number, to: number): OutgoingRecord[] {
  const value = codec.encode('SlotWatermark', watermark(from, to));
  return Array.from({ length: PARTITIONS }, (_, partition) => ({
    topic: names.streamEvents,
    partition,
    key: null,
    value,
  }));
}

const rounded = (seconds: number): number => Math.round(seconds * 100) / 100;
