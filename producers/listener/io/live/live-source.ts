/** Feeds the live path: the subscription, a page of confirmed signatures after each reconnect, and who noticed what since when. */

import type { ListenerState } from '../../core/emission/listener-state.ts';
import type { LivePath } from '../../core/live/live-path.ts';
import type { ChainReader, Observer } from '../../core/ports.ts';
import { pollConfirmed } from '../../core/proof/reconcile-loop.ts';
import type { FinalityWatch } from '../../core/reading/finality.ts';
import type { ListenerMetrics } from '../listener-metrics.ts';
import type { ThrottledLog } from '../throttled-log.ts';
import { Subscription } from './subscription.ts';

export interface LiveSourceParts {
  readonly urls: readonly string[];
  readonly programId: string;
  readonly stallMs: number;
  readonly live: LivePath;
  readonly finality: Pick<FinalityWatch, 'oneStep'>;
  readonly chain: ChainReader;
  readonly state: ListenerState;
  readonly observer: Observer;
  readonly metrics: ListenerMetrics;
  readonly throttled: ThrottledLog;
  readonly signal: AbortSignal;
}

/** Transactions that the subscription may miss before it is connected anew. */
const MISSES_BEFORE_RECONNECT = 3;
/** A subscription made in a slot may miss what was confirmed in the slots around it. */
export const SETTLING_SLOTS = 8;

export class LiveSource {
  readonly #subscription: Subscription;
  #sinceSlot: number | undefined;
  #misses = 0;

  constructor(parts: LiveSourceParts) {
    const { urls, programId, stallMs, live, finality, metrics, throttled } = parts;
    this.#subscription = new Subscription({
      urls,
      programId,
      stallMs,
      commitment: () => (finality.oneStep ? 'finalized' : 'confirmed'),
      onSignature: (signature) => live.offer(signature),
      onSlot: (slot) => (this.#sinceSlot ??= slot + SETTLING_SLOTS),
      onUp: () => {
        metrics.subscriptionUp.set(1);
        void pollConfirmed(parts);
      },
      onDown: (reason, detail) => {
        this.#sinceSlot = undefined;
        this.#misses = 0;
        metrics.subscriptionUp.set(0);
        metrics.reconnects.inc({ reason });
        const level = reason === 'renewed' ? 'info' : 'warn';
        throttled.write(level, `subscription ${reason}`, { reason, detail }, 'subscription lost, connecting again');
      },
    });
  }

  get isUp(): boolean {
    return this.#subscription.isUp;
  }

  /** Slot since which the subscription should have told of everything. */
  get sinceSlot(): number | undefined {
    return this.#subscription.isUp ? this.#sinceSlot : undefined;
  }

  start(): void {
    this.#subscription.start();
  }

  /** What confirmed means has changed: subscribes at the other commitment. */
  renew(): void {
    this.#subscription.renew();
  }

  /** A final transaction came that the subscription had not told of. */
  missed(): void {
    this.#misses += 1;
    if (this.#misses >= MISSES_BEFORE_RECONNECT) this.#subscription.suspect(`missed ${this.#misses} transactions`);
  }

  stop(): void {
    this.#subscription.stop();
  }
}
