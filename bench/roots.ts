import type { OutgoingRecord } from '../runtime/kafka/records.ts';
import { followTopic } from '../runtime/kafka/topic-reader.ts';
import { type Broker, ProcessorProcess, secondsUntilCommitted, sendAllOf, withBroker } from './processor/broker.ts';
import { claim, makeClaimers, watermark } from './processor/records.ts';

const SIZES = [10_000, 100_000] as const;
const TARGET_SECONDS: Readonly<Record<number, number>> = { 10_000: 1, 100_000: 3 };
const ROUNDS = 3;
const DURATION_SLOTS = 10_000;
const WATERMARK_EVERY = 500;

/** One channel with 10,000 and with 100,000 claims in an epoch: seconds from the closing watermark, as it is sent, to the root as a reader of committed records has it. */
export async function run(): Promise<object> {
  return withBroker('roots', { EPOCH_DURATION_SLOTS: String(DURATION_SLOTS) }, async (broker) => {
    const roots = new Map<number, PromiseWithResolvers<{ atMs: number; count: number }>>();
    const { codec, kafka, names } = broker;
    const reader = await followTopic({
      kafka,
      topic: names.roots,
      onRecords: async (records) => {
        const nowMs = performance.now();
        await codec.prepare(records.map(({ value }) => value));
        for (const { value } of records) {
          const { name, value: root } = codec.decode(value);
          if (name === 'RootFinalized') roots.get(root.startSlot)?.resolve({ atMs: nowMs, count: root.count });
        }
      },
    });
    const processor = new ProcessorProcess(broker.env);
    try {
      let epoch = 0;
      const found: object[] = [];
      for (const claims of SIZES)
        for (let round = 0; round < ROUNDS; round += 1, epoch += 1) {
          await sendAllOf(broker.producer, epochOf(broker, epoch, claims));
          await secondsUntilCommitted(broker);
          const root = Promise.withResolvers<{ atMs: number; count: number }>();
          roots.set(epoch * DURATION_SLOTS, root);
          const startedMs = performance.now();
          await broker.producer.send(closing(broker, epoch));
          const { atMs, count } = await root.promise;
          if (count !== claims) throw new Error(`the root of ${claims} claims has ${count}`);
          found.push({ claims, seconds: Math.round(atMs - startedMs) / 1000, targetSeconds: TARGET_SECONDS[claims] });
        }
      return { roots: found, rssMb: processor.peakRssMb };
    } finally {
      await processor.stop();
      await reader.stop();
    }
  });
}

function* epochOf({ codec, names }: Broker, epoch: number, claims: number): Generator<OutgoingRecord> {
  const claimers = makeClaimers();
  const place = { topic: names.streamEvents, partition: 0, key: null };
  const first = epoch * DURATION_SLOTS;
  const slotOf = (n: number): number => first + Math.floor((n * (DURATION_SLOTS - 2000)) / claims);
  for (let n = 0; n < claims; n += 1) {
    const event = { ...claim(epoch * 1_000_000 + n, slotOf(n), claimers), channel: 'one', channelAsSeen: 'one' };
    yield { ...place, value: codec.encode('StreamEvent', event) };
    if (n % WATERMARK_EVERY !== WATERMARK_EVERY - 1) continue;
    const from = n < WATERMARK_EVERY ? first : slotOf(n - WATERMARK_EVERY);
    yield { ...place, value: codec.encode('SlotWatermark', watermark(from, slotOf(n))) };
  }
}

/** Proves the rest of the epoch, with a block time past the threshold. */
function closing({ codec, names }: Broker, epoch: number): OutgoingRecord[] {
  const end = (epoch + 1) * DURATION_SLOTS;
  const value = codec.encode('SlotWatermark', watermark(end - 2500, end + 1000));
  return [{ topic: names.streamEvents, partition: 0, key: null, value }];
}
