/** Hands each live item to every subscriber whose filter it passes. One that is too slow is let go, not buffered without end. */

export interface Subscription<Item> extends AsyncIterableIterator<Item> {
  return(): Promise<IteratorResult<Item>>;
  /** Whether it was let go because it was too slow: what it was not given must be read elsewhere. */
  readonly overflowed: boolean;
}

interface Subscriber<Item> {
  matches(item: Item): boolean;
  push(item: Item): void;
  end(): void;
}

/** What a turn of the event loop takes with them is a few milliseconds. */
const SUBSCRIBERS_A_TURN = 100;

export class TopicFanout<Item> {
  readonly #subscribers = new Set<Subscriber<Item>>();
  readonly #capacity: number;

  /** @param capacity Items that may wait for one subscriber. */
  constructor(capacity = 1000) {
    this.#capacity = capacity;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /**
   * Hands an item out. Yields after every so many subscribers that got it: what they do with it is done before anything else, so that whoever
   * hands out lets others have their turn then.
   */
  *publish(item: Item): Generator<void, void, void> {
    let given = 0;
    for (const subscriber of this.#subscribers) {
      if (!subscriber.matches(item)) continue;
      subscriber.push(item);
      given += 1;
      if (given % SUBSCRIBERS_A_TURN === 0) yield;
    }
  }

  /** Ends every subscription, for shutdown. */
  close(): void {
    for (const subscriber of [...this.#subscribers]) subscriber.end();
  }

  subscribe(matches: (item: Item) => boolean): Subscription<Item> {
    const queue: Item[] = [];
    const waiting: ((result: IteratorResult<Item>) => void)[] = [];
    let overflowed = false;
    let ended = false;
    const end = (): void => {
      ended = true;
      this.#subscribers.delete(subscriber);
      for (const resolve of waiting.splice(0)) resolve({ done: true, value: undefined });
    };
    const subscriber: Subscriber<Item> = {
      matches,
      push: (item) => {
        const next = waiting.shift();
        if (next !== undefined) next({ done: false, value: item });
        else if (queue.length < this.#capacity) queue.push(item);
        else {
          overflowed = true;
          end();
        }
      },
      end,
    };
    this.#subscribers.add(subscriber);
    return {
      get overflowed() {
        return overflowed;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () => {
        const item = queue.shift();
        if (item !== undefined) return Promise.resolve({ done: false, value: item });
        if (ended) return Promise.resolve({ done: true, value: undefined });
        return new Promise((resolve) => waiting.push(resolve));
      },
      return: () => {
        end();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}
