/** How far everything is proven, read from the database again and again, and waiting for a slot. */

import { setTimeout as delay } from 'node:timers/promises';
import { type Pace, PaceWindow } from '../../domain/cluster-pace.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import { isProvenSlot, type ProvenPoint, type ProvenState, provenState } from '../core/proven-state.ts';
import { leavable } from './feed/leavable.ts';
import { storedRanges } from './store/coverage.ts';
import { minSlotNotReached } from './told-errors.ts';

export interface ProvenWatch {
  /** As of the last look; while the database is away, what it was before. */
  readonly point: ProvenPoint | undefined;
  /** What a slot takes on the cluster, by the block times of the newest looks. */
  readonly pace: Pace;
  /**
   * Resolves once every partition has proven the slot: one in a gap, or before the first proven slot, is not.
   * @throws GraphQLError MIN_SLOT_NOT_REACHED after WAIT_MS.
   */
  reach(slot: bigint): Promise<void>;
  /** Yields when the gaps are known first, and whenever they are others. Ends with the watch. */
  gapChanges(): AsyncIterableIterator<void>;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 250;
/** Longest wait for a slot, ms. */
const WAIT_MS = 5000;

interface Waiting {
  readonly slot: bigint;
  resolve(): void;
}

export function watchProven(pool: Pool, partitions: number): ProvenWatch {
  const abort = new AbortController();
  const waiting = new Set<Waiting>();
  const readers = new Set<() => void>();
  let state: ProvenState = { point: undefined, gaps: [] };
  /** Of the newest look; undefined before the first. */
  let gaps: string | undefined;
  let looked = Promise.withResolvers<void>();
  const isReached = (slot: bigint): boolean => isProvenSlot(state.point, slot);
  const pace = new PaceWindow();

  const run = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      // Failures are told by whoever reads for a client.
      const ranges = await storedRanges(pool).catch(() => undefined);
      if (ranges !== undefined) {
        state = provenState(partitions, ranges);
        gaps = textOf(state);
        looked.resolve();
        looked = Promise.withResolvers();
      }
      const { point } = state;
      if (point !== undefined) pace.note(Number(point.slot), point.at.getTime() / 1000);
      for (const one of waiting) if (isReached(one.slot)) one.resolve();
      await delay(LOOK_EVERY_MS, undefined, { signal: abort.signal }).catch(() => undefined);
    }
  };
  async function* changes(left: Promise<undefined>): AsyncGenerator<void, void, void> {
    let isLeft = false;
    void left.then(() => {
      isLeft = true;
    });
    for (let told: string | undefined; !isLeft; ) {
      if (gaps === told) await Promise.race([looked.promise, left]);
      else {
        told = gaps;
        yield;
      }
    }
  }
  const running = run();
  return {
    get point() {
      return state.point;
    },
    get pace() {
      return pace.pace;
    },
    async reach(slot) {
      if (isReached(slot)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const one = { slot, resolve };
      waiting.add(one);
      const timer = setTimeout(resolve, WAIT_MS);
      await promise;
      clearTimeout(timer);
      waiting.delete(one);
      if (!isReached(slot)) throw minSlotNotReached(slot, state.point);
    },
    gapChanges() {
      const { items, leave } = leavable(changes, () => readers.delete(leave));
      readers.add(leave);
      if (abort.signal.aborted) leave();
      return items;
    },
    async stop() {
      abort.abort();
      for (const leave of [...readers]) leave();
      for (const { resolve } of waiting) resolve();
      await running;
    },
  };
}

function textOf({ gaps }: ProvenState): string {
  return gaps.map(({ fromSlot, toSlot, partitions }) => `${fromSlot}-${toSlot}:${partitions.join()}`).join(' ');
}
