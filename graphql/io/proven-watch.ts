/** How far everything is proven, read from the database again and again, and waiting for a slot. */

import { setTimeout as delay } from 'node:timers/promises';
import { type Pace, PaceWindow } from '../../domain/cluster-pace.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import { isProvenSlot, type ProvenPoint, type ProvenState, provenState } from '../core/proven-state.ts';
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
  let state: ProvenState = { point: undefined, gaps: [] };
  const isReached = (slot: bigint): boolean => isProvenSlot(state.point, slot);
  const pace = new PaceWindow();

  const run = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      // Failures are told by whoever reads for a client.
      const ranges = await storedRanges(pool).catch(() => undefined);
      if (ranges !== undefined) state = provenState(partitions, ranges);
      const { point } = state;
      if (point !== undefined) pace.note(Number(point.slot), point.at.getTime() / 1000);
      for (const one of waiting) if (isReached(one.slot)) one.resolve();
      await delay(LOOK_EVERY_MS, undefined, { signal: abort.signal }).catch(() => undefined);
    }
  };
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
    async stop() {
      abort.abort();
      for (const { resolve } of waiting) resolve();
      await running;
    },
  };
}
