import { describe, expect, it } from '@jest/globals';
import { Registry } from '@prometheus-io/client';
import type { EachBatchPayload, Kafka } from 'kafkajs';
import { z } from 'zod';
import { kafkaConfig, loadConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import { Holds } from '../holds.ts';
import { silentLogger } from '../logging.ts';
import { GroupConsumer, type PartitionBatch } from './consumer.ts';
import { putBehind } from './library.ts';

const log = silentLogger();

/** The library below a consumer, as far as it hands batches over: what happens meanwhile is said by hand. */
class HandLibrary {
  readonly resolved: string[] = [];
  readonly paused: number[] = [];
  isRunning = true;
  isStale = false;
  #eachBatch: ((payload: EachBatchPayload) => Promise<void>) | undefined;
  readonly #listeners = new Map<string, (event: { payload: unknown }) => void>();

  /** What the consumer takes for kafkajs. */
  get kafka(): Kafka {
    const nothing = (): Promise<void> => Promise.resolve();
    const consumer = {
      events: { GROUP_JOIN: 'join', HEARTBEAT: 'beat', FETCH: 'fetch', REBALANCING: 'rebalancing', CRASH: 'crash' },
      on: (name: string, tell: (event: { payload: unknown }) => void) => this.#listeners.set(name, tell),
      run: ({ eachBatch }: { eachBatch: (payload: EachBatchPayload) => Promise<void> }) => {
        this.#eachBatch = eachBatch;
        return Promise.resolve();
      },
      pause: ([{ partitions }]: [{ partitions: number[] }]) => this.paused.push(...partitions),
      ...{ connect: nothing, subscribe: nothing, stop: nothing, disconnect: nothing },
    };
    const admin = { connect: nothing, disconnect: nothing };
    return { consumer: () => consumer, admin: () => admin } as unknown as Kafka;
  }

  join(): void {
    this.#listeners.get('join')?.({ payload: { groupId: 'g', memberAssignment: { events: [0] }, duration: 1 } });
  }

  /** Has the offsets 5, 6 and 7 handled. */
  async deliver(): Promise<void> {
    const messages = [5, 6, 7].map((offset) => ({ key: null, value: null, offset: String(offset), timestamp: '0' }));
    await this.#eachBatch?.({
      batch: {
        ...{ topic: 'events', partition: 0, fetchedOffset: '5', messages },
        ...{ offsetLag: () => '0', lastOffset: () => '7' },
      },
      isRunning: () => this.isRunning,
      isStale: () => this.isStale,
      resolveOffset: (offset: string) => this.resolved.push(offset),
      heartbeat: () => Promise.resolve(),
    } as unknown as EachBatchPayload);
  }
}

interface Handled {
  readonly library: HandLibrary;
  readonly consumer: GroupConsumer;
  readonly batches: PartitionBatch[];
}

/** @param understood Records that can be read now. */
async function member(
  during: (handled: Handled) => unknown = () => undefined,
  understood: (handled: Handled) => number = () => 3,
): Promise<Handled> {
  const settings = loadConfig(z.object(kafkaConfig), { KAFKA_BROKERS: 'x:1', SCHEMA_REGISTRY_URL: 'http://x' });
  const library = new HandLibrary();
  const kafka = putBehind({ settings, clientId: 'c', log }, library.kafka);
  const batches: PartitionBatch[] = [];
  const handled: Handled = {
    library,
    batches,
    consumer: new GroupConsumer({
      ...{ kafka, groupId: 'g', topics: ['events'], log, holds: new Holds(log, new Registry()) },
      codec: {
        understood: async () => ({
          count: understood(handled),
          error: new AppError('SCHEMA_NEWER', 'not known', { retryable: true }),
        }),
      },
      async onBatch(batch) {
        batches.push(batch);
        await during(handled);
      },
    }),
  };
  await handled.consumer.start();
  library.join();
  return handled;
}

const GROUP_ANEW = 'the group hands the partitions out anew';

/** What ends a batch's right to be written, while it is handled. */
const ENDS: [string, (handled: Handled) => unknown][] = [
  ['the partition is read from another place', ({ library }) => (library.isStale = true)],
  [GROUP_ANEW, ({ library }) => library.join()],
  ['the library stops', ({ library }) => (library.isRunning = false)],
  ['the member stops', ({ consumer }) => consumer.stop()],
];

describe('a batch of a group member', () => {
  it('is current, and its place is moved behind it once it is handled', async () => {
    const { library, batches } = await member(({ batches: [batch] }) => expect(batch?.isCurrent()).toBe(true));
    await library.deliver();
    expect(batches).toMatchObject([{ fetchedFrom: 5n, nextOffset: 8n, lag: 0n }]);
    expect(library.resolved).toEqual(['7']);
  });

  it.each(ENDS)('is not current any more once %s', async (_, end) => {
    const { library, batches } = await member(end);
    await library.deliver();
    expect(batches).toHaveLength(1);
    expect(batches[0]?.isCurrent()).toBe(false);
  });

  it.each(ENDS.slice(0, 2))('moves nobody past what is not done when meanwhile %s', async (_, end) => {
    const { library } = await member(end);
    await library.deliver();
    expect(library.resolved).toEqual([]);
  });

  it.each(ENDS.filter(([what]) => what !== GROUP_ANEW))('is not handed over when before it %s', async (_, end) => {
    const handled = await member();
    await end(handled);
    await handled.library.deliver();
    expect(handled.batches).toEqual([]);
  });

  it.each(ENDS)('is not handed over when %s while its schemas are asked for', async (_, end) => {
    const { library, batches } = await member(
      () => undefined,
      (handled) => {
        void end(handled);
        return 3;
      },
    );
    await library.deliver();
    expect(batches).toEqual([]);
    expect(library.resolved).toEqual([]);
  });

  it('ends before the first record that cannot be read now, and the partition is held there', async () => {
    const { library, batches, consumer } = await member(
      () => undefined,
      () => 2,
    );
    await library.deliver();
    expect(batches).toMatchObject([{ nextOffset: 7n, lag: 1n }]);
    expect(library.resolved).toEqual(['6']);
    expect(library.paused).toEqual([0]);
    await consumer.stop();
  });

  it.each(ENDS)('holds nothing for its last record when meanwhile %s', async (_, end) => {
    const { library, consumer } = await member(end, () => 2);
    await library.deliver();
    expect(library.paused).toEqual([]);
    await consumer.stop();
  });
});
