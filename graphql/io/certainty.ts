/** How sure the answer of one request is. */

import { earlier, type ProvenPoint } from '../core/proven-state.ts';
import type { Answered } from './answers.ts';

/** As clients are told it, in `extensions.ao`. */
export interface ToldCertainty {
  /** Decimal text; null while nothing is proven. */
  readonly provenSlot: string | null;
  /** How long ago the chain was at that slot; null while nothing is proven. */
  readonly lagMs: number | null;
  readonly stale: boolean;
  /** How long ago the oldest remembered part was read; 0 where all was read now. */
  readonly staleForMs: number;
}

export class Certainty {
  readonly #now: () => ProvenPoint | undefined;
  #point: ProvenPoint | undefined;
  #hasRead = false;
  #stale = false;
  #staleForMs = 0;

  /** @param now How far everything is proven at present. */
  constructor(now: () => ProvenPoint | undefined) {
    this.#now = now;
  }

  get stale(): boolean {
    return this.#stale;
  }

  /** A part of the answer: the whole is as sure as its least sure part. */
  add({ stale, atMs, proven }: Omit<Answered<unknown>, 'answer'>): void {
    this.#point = this.#hasRead ? earlier(this.#point, proven) : proven;
    this.#hasRead = true;
    if (!stale) return;
    this.#stale = true;
    this.#staleForMs = Math.max(this.#staleForMs, Date.now() - atMs);
  }

  /** Begins anew, for the next item of a subscription. */
  clear(): void {
    this.#hasRead = false;
    this.#stale = false;
    this.#staleForMs = 0;
  }

  told(): ToldCertainty {
    const point = this.#hasRead ? this.#point : this.#now();
    return {
      provenSlot: point?.slot.toString() ?? null,
      lagMs: point === undefined ? null : Math.max(0, Date.now() - point.at.getTime()),
      stale: this.#stale,
      staleForMs: this.#staleForMs,
    };
  }
}
