/** How far the watermark is behind the finalised chain, in slots and in seconds, and the pace of the cluster: as metrics. */

import { PaceWindow, secondsBehind } from '../../../domain/cluster-pace.ts';
import type { Cursor } from '../../../schemas/records.ts';
import type { ChainReader, Clock } from '../core/ports.ts';
import type { ListenerMetrics } from './listener-metrics.ts';

export interface BehindPorts {
  readonly chain: Pick<ChainReader, 'blockTime'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly metrics: Pick<ListenerMetrics, 'watchBehind' | 'slotsBehind' | 'slotMs'>;
}

export class Behind {
  readonly #ports: BehindPorts;
  readonly #pace = new PaceWindow();
  #known: { readonly seconds: number; readonly atMs: number } | undefined;

  constructor(ports: BehindPorts) {
    this.#ports = ports;
    ports.metrics.watchBehind(() => this.seconds);
  }

  /** As of the last look, and the time since then: a listener whose rounds fail falls behind. NaN before the first look. */
  get seconds(): number {
    if (this.#known === undefined) return Number.NaN;
    return this.#known.seconds + (this.#ports.clock.nowMs() - this.#known.atMs) / 1000;
  }

  /** After a round. Asks for one block time where the watermark is behind. Never throws. */
  async look(tipSlot: number, cursor: Cursor): Promise<void> {
    const { chain, clock, metrics } = this.#ports;
    const { slot } = cursor;
    // Without a watermark the cursor has no block time.
    const blockTime = cursor.blockTime > 0 ? cursor.blockTime : undefined;
    if (blockTime !== undefined) this.#pace.note(slot, blockTime);
    metrics.slotsBehind.set(Math.max(0, tipSlot - slot));
    const atMs = clock.nowMs();
    const tipTime = tipSlot > slot ? await chain.blockTime(tipSlot).catch(() => null) : null;
    const { pace } = this.#pace;
    metrics.slotMs.set(pace.slotMs ?? 0);
    const seconds = secondsBehind({ slot, blockTime }, { slot: tipSlot, blockTime: tipTime ?? undefined }, pace);
    this.#known = { seconds, atMs };
  }
}
