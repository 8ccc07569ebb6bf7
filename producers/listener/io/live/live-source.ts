/** Feeds the live path: the subscription, a page of confirmed signatures after each reconnect, and who noticed what since when. */

import type { ListenerState } from '../../core/emission/listener-state.ts';
import type { LivePath } from '../../core/live/live-path.ts';
import { SettledSlots } from '../../core/live/settled-slots.ts';
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

export class LiveSource {
  readonly #subscription: Subscription;
  readonly #settled = new SettledSlots();
  #misses = 0;

  constructor(parts: LiveSourceParts) {
    const { urls, programId, stallMs, live, finality, metrics, throttled } = parts;
    this.#subscription = new Subscription({
      urls,
      programId,
      stallMs,
      commitment: () => (finality.oneStep ? 'finalized' : 'confirmed'),
      onSignature: (signature) => live.offer(signature),
      onSlot: (slot) => this.#settled.note(slot, Date.now()),
      onUp: () => {
        metrics.subscriptionUp.set(1);
        void pollConfirmed(parts);
      },
      onDown: (reason, detail) => {
        this.#settled.clear();
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

  /** Whether the subscription should have told of everything in the slot by now. */
  shouldHaveTold(slot: number): boolean {
    if (!this.#subscription.isUp) return false;
    const { sinceSlot } = this.#settled;
    const untilSlot = this.#settled.untilSlot(Date.now());
    return sinceSlot !== undefined && untilSlot !== undefined && slot > sinceSlot && slot <= untilSlot;
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
