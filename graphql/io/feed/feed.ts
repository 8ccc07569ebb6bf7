/**
 * The items of one topic as the database has them, to subscriptions: first what is stored behind a cursor, then what comes, each
 * once and in the order of its partition. What comes is read once for all subscribers.
 */

import { setImmediate as othersHadTheirTurn } from 'node:timers/promises';
import { GraphQLError } from 'graphql';
import type { Logger } from '../../../runtime/logging.ts';
import type { Pool } from '../../../runtime/postgres/pool.ts';
import {
  beginningOf,
  cursorOf,
  firstBehind,
  furthest,
  isBefore,
  movedTo,
  type Place,
  type Places,
  placesOf,
} from '../../core/places.ts';
import { type Subscription, TopicFanout } from '../../core/topic-fanout.ts';
import { leavable } from './leavable.ts';

/** An item with the row that it was read from. */
export interface FeedRow<Item> extends Place {
  readonly item: Item;
}

export interface PageOfFeed {
  readonly partition: number;
  readonly after: Place;
  /** Rows from this offset on are not wanted yet. */
  readonly below: number;
  /** Rows of these channels only; undefined: of all. */
  readonly channels: readonly string[] | undefined;
  readonly limit: number;
}

export interface FeedSource<Item> {
  /** Begins its cursors, so that one of another subscription is refused. A letter. */
  readonly name: string;
  /** Rows by offset and id. */
  page(pool: Pool, page: PageOfFeed): Promise<FeedRow<Item>[]>;
}

export interface FeedFilter<Item> {
  readonly channels: readonly string[] | undefined;
  matches(item: Item): boolean;
}

/** What a subscription is given. */
export interface Told<Item> {
  readonly item: Item;
  /** With which a subscription goes on after this item. */
  readonly cursor: string;
}

interface LiveItem<Item> extends FeedRow<Item> {
  readonly partition: number;
  /** Behind the item. */
  readonly places: Places;
}

interface Page<Item> {
  readonly rows: readonly FeedRow<Item>[];
  /** Behind all of them. */
  readonly places: Places;
}

interface PageAhead<Item> {
  readonly from: Places;
  readonly page: Promise<Page<Item>>;
}

const PAGE_ROWS = 1000;
/** Failed reads of stored rows, while others succeed, after which a subscription is given up. */
const MAX_FAILURES = 3;

export class Feed<Item extends { readonly channel: string }> {
  readonly #pool: Pool;
  readonly #source: FeedSource<Item>;
  readonly #partitions: number;
  readonly #log: Logger;
  readonly #live = new TopicFanout<LiveItem<Item>>();
  /** What ends each open subscription. */
  readonly #open = new Set<() => void>();
  /** How far live items have been handed out; undefined until the database has answered once. */
  #places: Places | undefined;
  /** Resolves when the database has answered again. */
  #answered = Promise.withResolvers<void>();
  #closed = false;

  constructor(pool: Pool, source: FeedSource<Item>, partitions: number, log: Logger) {
    this.#pool = pool;
    this.#source = source;
    this.#partitions = partitions;
    this.#log = log;
  }

  /** Open subscriptions. */
  get subscribers(): number {
    return this.#open.size;
  }

  /** Behind all that is stored. Undefined until the database has answered once. */
  get cursor(): string | undefined {
    return this.#places === undefined ? undefined : cursorOf(this.#source.name, this.#places);
  }

  /**
   * @param after A cursor; undefined: from now on.
   * @throws GraphQLError BAD_USER_INPUT for a cursor of something else.
   */
  follow(after: string | undefined, filter: FeedFilter<Item>): AsyncIterableIterator<Told<Item>> {
    const places = after === undefined ? undefined : placesOf(this.#source.name, this.#partitions, after);
    const { items, leave } = leavable(
      (left) => this.#items(places, filter, left),
      () => this.#open.delete(leave),
    );
    this.#open.add(leave);
    if (this.#closed) leave();
    return items;
  }

  /**
   * Hands out what is stored up to the ends.
   * @param ends Offset behind the last stored record of each partition.
   * @throws database errors; called again it goes on where it stopped.
   */
  async advance(ends: readonly number[]): Promise<void> {
    const target = beginningOf(this.#partitions).map((place, at) => ({ ...place, offset: ends[at] ?? 0 }));
    // Who reads what is stored compares with these places before it becomes a subscriber of what is live.
    if (this.#live.subscribers === 0) this.#places = furthest(this.#places ?? target, target);
    for (;;) {
      const places: Places = this.#places ?? target;
      const partition = firstBehind(places, target);
      if (partition === undefined) break;
      const page = await this.#page(places, target, partition, undefined);
      for (const { offset, rowId, item } of page.rows) {
        this.#places = movedTo(places, partition, { offset, rowId });
        const turns = this.#live.publish({ offset, rowId, item, partition, places: this.#places });
        for (const _turn of turns) await othersHadTheirTurn();
      }
      this.#places = page.places;
    }
    this.#answered.resolve();
    this.#answered = Promise.withResolvers<void>();
  }

  /** Ends every subscription. */
  close(): void {
    this.#closed = true;
    for (const leave of [...this.#open]) leave();
  }

  /** A page of one partition, and the places behind it. */
  async #page(
    places: Places,
    target: Places,
    partition: number,
    channels: readonly string[] | undefined,
  ): Promise<Page<Item>> {
    const after = places[partition] as Place;
    const end = target[partition] as Place;
    const below = end.rowId === 0 ? end.offset : end.offset + 1;
    const rows = await this.#source.page(this.#pool, { partition, after, below, channels, limit: PAGE_ROWS });
    const last = rows.at(-1);
    const isLast = rows.length < PAGE_ROWS || last === undefined || isBefore(end, last);
    const reached = isLast ? end : { offset: last.offset, rowId: last.rowId };
    return { rows: rows.filter((row) => !isBefore(end, row)), places: movedTo(places, partition, reached) };
  }

  /** The page behind, while a client takes the one before: rows behind a place never change. */
  #readAhead(from: Places, channels: readonly string[] | undefined): PageAhead<Item> | undefined {
    const partition = this.#places === undefined ? undefined : firstBehind(from, this.#places);
    if (partition === undefined || this.#places === undefined) return undefined;
    const page = this.#page(from, this.#places, partition, channels);
    // Told when it is wanted.
    page.catch(() => undefined);
    return { from, page };
  }

  async *#items(
    after: Places | undefined,
    filter: FeedFilter<Item>,
    left: Promise<undefined>,
  ): AsyncGenerator<Told<Item>, void, void> {
    const { name } = this.#source;
    let isLeft = false;
    void left.then(() => {
      isLeft = true;
    });
    let places = after;
    let failures = 0;
    let ahead: PageAhead<Item> | undefined;
    while (!isLeft) {
      if (this.#places === undefined) {
        await Promise.race([this.#answered.promise, left]);
        continue;
      }
      places ??= this.#places;
      const partition = firstBehind(places, this.#places);
      if (partition === undefined) {
        // Nothing was awaited since the comparison: the next live item is the next one for this subscription too.
        const live = this.#subscribe(places, filter);
        void left.then(() => live.return());
        for await (const row of live) {
          places = movedTo(furthest(places, row.places), row.partition, { offset: row.offset, rowId: row.rowId });
          yield { item: row.item, cursor: cursorOf(name, places) };
        }
        continue;
      }
      try {
        const page = await (ahead?.from === places
          ? ahead.page
          : this.#page(places, this.#places, partition, filter.channels));
        failures = 0;
        ahead = this.#readAhead(page.places, filter.channels);
        for (const { offset, rowId, item } of page.rows) {
          places = movedTo(places, partition, { offset, rowId });
          if (filter.matches(item)) yield { item, cursor: cursorOf(name, places) };
        }
        places = page.places;
      } catch (error) {
        ahead = undefined;
        failures += 1;
        this.#log.warn({ err: error, feed: name, failures }, 'stored items of a subscription cannot be read');
        if (failures >= MAX_FAILURES) throw goOnLater();
        await Promise.race([this.#answered.promise, left]);
      }
    }
  }

  /** To live items behind the places: a cursor of another copy of the database may be ahead of this one. */
  #subscribe(places: Places, filter: FeedFilter<Item>): Subscription<LiveItem<Item>> {
    const channels = filter.channels === undefined ? undefined : new Set(filter.channels);
    return this.#live.subscribe(
      (row) =>
        isBefore(places[row.partition] as Place, row) &&
        (channels === undefined || channels.has(row.item.channel)) &&
        filter.matches(row.item),
    );
  }
}

/** Where a subscription is over, its client must know, and from where to go on. */
function goOnLater(): GraphQLError {
  return new GraphQLError('What is stored cannot be read now; subscribe again after the cursor of your last item.', {
    extensions: { code: 'RESUME_FROM_CURSOR' },
  });
}
