/** Gateways that tell subscribers of roots: instances that die, a database that does not answer, subscribers that leave and come back. */

import { settlementStatus } from '../../graphql/core/settlement-steps.ts';
import { Feed, type FeedSource } from '../../graphql/io/feed/feed.ts';
import { silentLogger } from '../../runtime/logging.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import type { RootFinalized } from '../../schemas/records.ts';
import type { SeededRandom } from '../random.ts';
import type { SimulatedWorld } from '../settlement/simulated-world.ts';

const SUBSCRIBERS = 3;
/** Subscriptions know where to go on by it; the first one starts with what every client may write. */
const BEGINNING = 'beginning';

/** A root as a row: where its record stands. */
interface Row {
  readonly partition: number;
  readonly channel: string;
  readonly epoch: bigint;
}

interface Subscriber {
  cursor: string;
  readonly got: Row[];
}

export class SimulatedGateway {
  readonly #random: SeededRandom;
  readonly #subscribers: readonly Subscriber[];
  /** Of each partition the roots, their offsets their places. */
  readonly #stored: Row[][];
  /** How much of it the database has. */
  readonly #ends: number[];
  #feed: Feed<Row>;
  /** False: a subscription that ended goes on from the beginning. */
  keepsCursors = true;
  #isCalm = false;
  #isOver = false;

  constructor(partitions: number, random: SeededRandom) {
    this.#random = random;
    this.#stored = Array.from({ length: partitions }, () => []);
    this.#ends = this.#stored.map(() => 0);
    this.#feed = this.#start();
    this.#subscribers = Array.from({ length: SUBSCRIBERS }, () => ({ cursor: BEGINNING, got: [] }));
    for (const subscriber of this.#subscribers) void this.#follow(subscriber);
  }

  /** The database gets some of a partition's roots, and a gateway looks for what is new. */
  async step(partition: number, roots: readonly RootFinalized[], calm: boolean): Promise<void> {
    this.#isCalm = calm;
    const random = this.#random;
    const stored = this.#stored[partition] as Row[];
    for (const { channel, epoch } of roots.slice(stored.length)) stored.push({ partition, channel, epoch });
    const end = this.#ends[partition] as number;
    this.#ends[partition] = calm ? stored.length : random.between(end, stored.length);
    if (!calm && random.chance(0.02)) {
      const dead = this.#feed;
      this.#feed = this.#start();
      dead.close();
    }
    // As the gateway does after a database that did not answer: it looks again.
    await this.#feed.advance(this.#ends).catch(() => undefined);
  }

  /** What is wrong with what subscribers were told, and with what is said of the roots' settlement. */
  judge(world: SimulatedWorld): string[] {
    this.#isOver = true;
    this.#feed.close();
    const wrong: string[] = [];
    for (const [index, { got }] of this.#subscribers.entries())
      for (const [partition, rows] of this.#stored.entries()) {
        const told = namesOf(got.filter((row) => row.partition === partition));
        if (told !== namesOf(rows)) wrong.push(`subscriber ${index} was told of [${told}], not of [${namesOf(rows)}]`);
      }
    for (const root of world.topic) {
      const status = settlementStatus(world.rowsOf(root));
      if (status !== 'FINALIZED' && status !== 'ALREADY_SETTLED')
        wrong.push(`${root.channel}/${root.epoch} is served as ${status}`);
    }
    return wrong;
  }

  #start(): Feed<Row> {
    const source: FeedSource<Row> = {
      name: 'r',
      page: (_pool, { partition, after, below, limit }) => {
        if (!this.#isCalm && this.#random.chance(0.1)) return Promise.reject(new Error('the database is away'));
        const rows = (this.#stored[partition] ?? []).map((item, offset) => ({ item, offset, rowId: 1 }));
        const isWanted = ({ offset, rowId }: { offset: number; rowId: number }): boolean =>
          offset < below && (offset > after.offset || (offset === after.offset && rowId > after.rowId));
        return Promise.resolve(rows.filter(isWanted).slice(0, limit));
      },
    };
    return new Feed(undefined as unknown as Pool, source, this.#stored.length, silentLogger());
  }

  /** Subscribes again, behind the last item that it was given, whenever the subscription ends. */
  async #follow(subscriber: Subscriber): Promise<void> {
    while (!this.#isOver) {
      try {
        const items = this.#feed.follow(subscriber.cursor, { channels: undefined, matches: () => true });
        for await (const { item, cursor } of items) {
          subscriber.got.push(item);
          if (this.keepsCursors) subscriber.cursor = cursor;
          if (!this.#isCalm && this.#random.chance(0.1)) break;
        }
      } catch {
        // The gateway gave it up: it goes on from its cursor.
      }
    }
  }
}

function namesOf(rows: readonly Row[]): string {
  return rows.map(({ channel, epoch }) => `${channel}/${epoch}`).join(' ');
}
