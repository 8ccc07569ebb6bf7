/** Rounds of the reconciling path, one after the other, with a pause; an error ends a round, never the loop. */

import { codeOf } from '../../../runtime/errors.ts';
import type { ListenerState } from './listener-state.ts';
import type { ChainReader, Clock, Observer } from './ports.ts';
import type { LivePath } from './live-path.ts';
import type { Reconciler, Round } from './reconciler.ts';

export interface LoopPorts {
  readonly chain: Pick<ChainReader, 'newestConfirmed' | 'finalizedSlot'>;
  readonly reconciler: Pick<Reconciler, 'round'>;
  readonly live: Pick<LivePath, 'offer'>;
  readonly state: ListenerState;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly signal: AbortSignal;
  /** Whether the subscription delivers. */
  readonly subscribed: () => boolean;
  readonly onRound: (round: Round) => void;
}

/** Resolves when the signal fires, or when another process owns the transactional id. */
export async function reconcileLoop(ports: LoopPorts, intervalMs: number): Promise<void> {
  const { clock, observer, signal } = ports;
  while (!signal.aborted) {
    try {
      // Without a subscription the newest confirmed page is the live path's only source.
      if (!ports.subscribed()) await pollConfirmed(ports);
      ports.onRound(await ports.reconciler.round());
    } catch (error) {
      if (signal.aborted || codeOf(error) === 'PRODUCER_FENCED') return;
      observer.blocked(undefined, error);
    }
    try {
      await clock.sleep(intervalMs, signal);
    } catch {
      return;
    }
  }
}

/** Offers the newest confirmed signatures to the live path: after a reconnect, and while there is no subscription. */
export async function pollConfirmed(ports: Pick<LoopPorts, 'chain' | 'live' | 'observer' | 'signal'>): Promise<void> {
  try {
    const rows = await ports.chain.newestConfirmed();
    for (const row of rows.toReversed()) ports.live.offer(row);
  } catch (error) {
    if (!ports.signal.aborted) ports.observer.blocked(undefined, error);
  }
}
