/** Rounds of the reconciling path, one after the other, with a pause; an error ends a round, never the loop. */

import { codeOf } from '../../../../runtime/errors.ts';
import type { ListenerState } from '../emission/listener-state.ts';
import type { LivePath } from '../live/live-path.ts';
import type { ChainReader, Clock, Observer } from '../ports.ts';
import type { FinalityWatch } from '../reading/finality.ts';
import type { Reconciler, Round } from './reconciler.ts';

/** How much sooner the next walk comes while signatures wait for their proof. */
const HURRY = 4;

export interface LoopPorts {
  readonly chain: Pick<ChainReader, 'newestConfirmed' | 'finalizedSlot'>;
  readonly reconciler: Pick<Reconciler, 'round'>;
  readonly live: Pick<LivePath, 'offer'>;
  readonly state: ListenerState;
  readonly finality: Pick<FinalityWatch, 'look'>;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly signal: AbortSignal;
  /** Whether the subscription delivers. */
  readonly subscribed: () => boolean;
  /** Told after each round; undefined where it failed. */
  readonly onRound: (round: Round | undefined) => void;
}

/** Resolves when the signal fires, or when another process owns the transactional id. */
export async function reconcileLoop(ports: LoopPorts, intervalMs: number): Promise<void> {
  const { clock, finality, observer, signal } = ports;
  while (!signal.aborted) {
    let pauseMs = intervalMs;
    try {
      // Without a subscription the newest confirmed page is the live path's only source.
      if (!ports.subscribed()) await pollConfirmed(ports);
      const round = await ports.reconciler.round();
      ports.onRound(round);
      await finality.look();
      if (round.waiting) pauseMs = intervalMs / HURRY;
    } catch (error) {
      if (signal.aborted || codeOf(error) === 'PRODUCER_FENCED') return;
      observer.blocked(undefined, error);
      ports.onRound(undefined);
    }
    try {
      await clock.sleep(pauseMs, signal);
    } catch {
      return;
    }
  }
}

/** Offers the newest confirmed signatures to the live path: after a reconnect, and while there is no subscription. */
export async function pollConfirmed(
  ports: Pick<LoopPorts, 'chain' | 'live' | 'observer' | 'signal' | 'state'>,
): Promise<void> {
  const { chain, live, state } = ports;
  try {
    // What is final already is the reconciling path's work: fetching it here too would double the calls.
    const above = state.finalizedSlot ?? (await chain.finalizedSlot()).slot;
    const rows = await chain.newestConfirmed();
    for (const row of rows.toReversed()) if (row.slot > above) live.offer(row);
  } catch (error) {
    if (!ports.signal.aborted) ports.observer.blocked(undefined, error);
  }
}
