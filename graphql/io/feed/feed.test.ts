/** Subscriptions over rows that grow while they are read, by seeds: nothing missed, nothing twice, in order. */

import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '../../../runtime/logging.ts';
import type { Pool } from '../../../runtime/postgres/pool.ts';
import { isBefore } from '../../core/places.ts';
import { Feed, type FeedFilter, type FeedRow, type FeedSource, type Told } from './feed.ts';

interface Item {
  readonly channel: string;
  readonly name: string;
}

const PARTITIONS = 3;
const NO_POOL = undefined as unknown as Pool;

/** Numbers from 0 up to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Stored rows of each partition, and reads that take time and fail as they are told to. */
class Store implements FeedSource<Item> {
  readonly name = 'x';
  readonly rows: FeedRow<Item>[][] = Array.from({ length: PARTITIONS }, () => []);
  readonly ends = Array.from({ length: PARTITIONS }, () => 0);
  reads = 0;
  fails: () => boolean = () => false;
  #nextId = 1;

  /** A batch of records, of which some are rows: none, one, or several at one offset. */
  write(partition: number, rowsOfOffsets: readonly number[]): void {
    for (const count of rowsOfOffsets) {
      const offset = this.ends[partition] ?? 0;
      for (let at = 0; at < count; at += 1) {
        const item = { channel: `channel${partition}`, name: `${partition}/${offset}/${at}` };
        this.rows[partition]?.push({ offset, rowId: this.#nextId++, item });
      }
      this.ends[partition] = offset + 1;
    }
  }

  async page(_pool: Pool, { partition, after, below, channels, limit }: Parameters<FeedSource<Item>['page']>[1]) {
    this.reads += 1;
    // What a statement sees is what is there when it begins; its answer takes a while.
    const seen = (this.rows[partition] ?? [])
      .filter((row) => isBefore(after, row) && row.offset < below)
      .filter(({ item }) => channels === undefined || channels.includes(item.channel))
      .slice(0, limit);
    await turn();
    if (this.fails()) throw new Error('the database does not answer');
    return seen;
  }

  names(partitions: readonly number[] = [0, 1, 2]): string[] {
    return partitions.flatMap((partition) => (this.rows[partition] ?? []).map(({ item }) => item.name));
  }
}

const ALL: FeedFilter<Item> = { channels: undefined, matches: () => true };
const feedOf = (store: Store): Feed<Item> => new Feed(NO_POOL, store, PARTITIONS, silentLogger());

/** Takes items until it is told to go, and remembers the last cursor. */
class Reader {
  readonly names: string[] = [];
  cursor: string | undefined;
  error: unknown;
  ended: Promise<void>;
  readonly #items: AsyncIterableIterator<Told<Item>>;

  constructor(feed: Feed<Item>, after: string | undefined, filter = ALL, pause: () => Promise<void> = async () => {}) {
    this.cursor = after;
    this.#items = feed.follow(after, filter);
    this.ended = this.#run(pause);
  }

  async #run(pause: () => Promise<void>): Promise<void> {
    try {
      for await (const { item, cursor } of this.#items) {
        this.names.push(item.name);
        this.cursor = cursor;
        await pause();
      }
    } catch (error) {
      this.error = error;
    }
  }

  async leave(): Promise<void> {
    await this.#items.return?.();
    await this.ended;
  }
}

const byPartition = (names: readonly string[]): string[][] =>
  [0, 1, 2].map((partition) => names.filter((name) => name.startsWith(`${partition}/`)));

async function untilSo(isSo: () => boolean, feed: Feed<Item>, store: Store): Promise<void> {
  for (let turns = 0; !isSo(); turns += 1) {
    if (turns > 5000) throw new Error('nothing moves any more');
    await feed.advance([...store.ends]).catch(() => undefined);
    await turn();
  }
}

describe('subscriptions that leave and come back with their cursor, through gateways that restart and a database that fails', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))('miss nothing and repeat nothing (seed %d)', async (seed) => {
    const random = randomOf(seed);
    const store = new Store();
    let feed = feedOf(store);
    const given: string[][] = [[], [], [], []];
    const filterOf = (at: number): FeedFilter<Item> => (at === 3 ? { ...ALL, channels: ['channel1'] } : ALL);
    const readers = given.map((_, at) => new Reader(feed, 'beginning', filterOf(at)));
    const comeBack = async (at: number): Promise<void> => {
      const reader = readers[at] as Reader;
      await reader.leave();
      given[at]?.push(...reader.names);
      readers[at] = new Reader(feed, reader.cursor, filterOf(at));
    };
    store.fails = () => random() < 0.2;
    for (let step = 0; step < 60; step += 1) {
      const chance = random();
      if (chance < 0.5)
        store.write(Math.floor(random() * PARTITIONS), [0, 1, 1, 2, 3].slice(0, Math.floor(random() * 6)));
      else if (chance < 0.6) await comeBack(Math.floor(random() * readers.length));
      else if (chance < 0.65) {
        feed.close();
        feed = feedOf(store);
        for (let at = 0; at < readers.length; at += 1) await comeBack(at);
      }
      if (random() < 0.5) await feed.advance([...store.ends]).catch(() => undefined);
      await turn();
      // A subscription that was told to go on later does.
      for (const [at, reader] of readers.entries()) if (reader.error !== undefined) await comeBack(at);
    }
    store.fails = () => false;
    for (const [at, reader] of readers.entries()) if (reader.error !== undefined) await comeBack(at);
    const wanted = (at: number): string[] => store.names(at === 3 ? [1] : [0, 1, 2]);
    const all = (at: number): string[] => [...(given[at] ?? []), ...(readers[at]?.names ?? [])];
    await untilSo(() => given.every((_, at) => all(at).length >= wanted(at).length), feed, store);
    for (const at of given.keys()) expect(byPartition(all(at))).toEqual(byPartition(wanted(at)));
    for (const reader of readers) await reader.leave();
    expect(feed.subscribers).toBe(0);
  });
});

describe('a feed', () => {
  it('reads an item once, whatever the number of subscribers', async () => {
    const store = new Store();
    const feed = feedOf(store);
    await feed.advance([...store.ends]);
    const readers = Array.from({ length: 500 }, () => new Reader(feed, undefined));
    await turn();
    store.write(1, [1]);
    await feed.advance([...store.ends]);
    await untilSo(() => readers.every(({ names }) => names.length === 1), feed, store);
    expect(store.reads).toBe(1);
    for (const reader of readers) await reader.leave();
  });

  it('begins with what comes where no cursor was given', async () => {
    const store = new Store();
    store.write(0, [1, 1]);
    const feed = feedOf(store);
    await feed.advance([...store.ends]);
    const reader = new Reader(feed, undefined);
    await turn();
    store.write(0, [1]);
    await untilSo(() => reader.names.length > 0, feed, store);
    expect(reader.names).toEqual(['0/2/0']);
    await reader.leave();
  });

  it('lets a reader that is too slow for what is live read on from the database, without loss', async () => {
    const store = new Store();
    const feed = feedOf(store);
    await feed.advance([...store.ends]);
    const gate = Promise.withResolvers<void>();
    const slow = new Reader(feed, undefined, ALL, () => gate.promise);
    await turn();
    for (let batch = 0; batch < 30; batch += 1) {
      store.write(
        batch % PARTITIONS,
        Array.from({ length: 100 }, () => 1),
      );
      await feed.advance([...store.ends]);
    }
    gate.resolve();
    await untilSo(() => slow.names.length >= 3000, feed, store);
    expect(byPartition(slow.names)).toEqual(byPartition(store.names()));
    await slow.leave();
  });

  it('ends a subscription with a code when what is stored cannot be read, and the cursor still counts', async () => {
    const store = new Store();
    store.write(0, [1, 1, 1]);
    const feed = feedOf(store);
    store.fails = () => true;
    const reader = new Reader(feed, 'beginning');
    await untilSo(() => reader.error !== undefined, feed, store);
    expect(reader.error).toMatchObject({ extensions: { code: 'RESUME_FROM_CURSOR' } });
    expect(feed.subscribers).toBe(0);
    store.fails = () => false;
    const again = new Reader(feed, reader.cursor);
    await untilSo(() => again.names.length >= 3, feed, store);
    expect(again.names).toEqual(store.names());
    await again.leave();
  });

  it('serves a cursor of a copy of the database that is further: nothing of what was given comes again', async () => {
    const [ahead, behind] = [new Store(), new Store()];
    for (const store of [ahead, behind]) store.write(0, [1, 1]);
    ahead.write(0, [1, 1]);
    const feedAhead = feedOf(ahead);
    const reader = new Reader(feedAhead, 'beginning');
    await untilSo(() => reader.names.length >= 4, feedAhead, ahead);
    await reader.leave();
    const feed = feedOf(behind);
    await feed.advance([...behind.ends]);
    const other = new Reader(feed, reader.cursor);
    await turn();
    behind.write(0, [1, 1, 1]);
    await untilSo(() => other.names.length > 0, feed, behind);
    expect(other.names).toEqual(['0/4/0']);
    await other.leave();
  });

  it('ends what waits when it is closed', async () => {
    const store = new Store();
    const feed = feedOf(store);
    const early = new Reader(feed, undefined);
    await feed.advance([...store.ends]);
    const live = new Reader(feed, undefined);
    await turn();
    feed.close();
    await Promise.all([early.ended, live.ended, new Reader(feed, undefined).ended]);
    expect(feed.subscribers).toBe(0);
  });
});
