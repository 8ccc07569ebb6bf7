/** A first look at a partition: where an epoch was sealed, and which events may be in the roots of it. Pure. */

import { claimRecord } from '../../domain/claim-record.ts';
import { epochIndexOfSlot } from '../../domain/epoch-schedule.ts';
import { eventProblem, watermarkProblem } from '../../domain/soundness.ts';
import type { Input } from '../../processors/epoch-roots/core/partition-state.ts';
import { Progress } from '../../processors/epoch-roots/core/progress.ts';
import type { Rules } from '../../processors/epoch-roots/core/rules.ts';
import type { SlotWatermark } from '../../schemas/records.ts';

/** The epoch of a channel whose root is asked for; the epoch by index, not by number. */
export interface WantedRoot {
  readonly channel: string;
  readonly index: number;
}

export interface Seal {
  readonly offset: number;
  readonly watermark: SlotWatermark;
  /** False: given up without a proof of all of its slots, so it has no root. */
  readonly proven: boolean;
}

export class EpochSearch {
  readonly #rules: Rules;
  readonly #wanted: WantedRoot;
  #progress = Progress.start;
  #seal: Seal | undefined;
  /** Ids of the events of which a record up to the seal is a claim on the channel in the epoch. */
  readonly candidates = new Set<string>();

  constructor(rules: Rules, wanted: WantedRoot) {
    this.#rules = rules;
    this.#wanted = wanted;
  }

  get seal(): Seal | undefined {
    return this.#seal;
  }

  /** Highest slot of the watermarks so far; undefined before the first. */
  get watermarkSlot(): number | undefined {
    return this.#progress.clock.headSlot;
  }

  apply(offset: number, input: Input): void {
    if (this.#seal !== undefined) return;
    if (input.name === 'SlotWatermark') this.#observe(offset, input.value);
    else if (eventProblem(input.value, this.#rules) === undefined) {
      const { channel, index } = this.#wanted;
      const record = claimRecord(input.value, offset, this.#rules.protocolState, (claim) => claim.channel);
      const isOfEpoch = record !== undefined && epochIndexOfSlot(this.#rules.schedule, record.slot) === index;
      if (isOfEpoch && record.content === channel) this.candidates.add(record.eventId);
    }
  }

  #observe(offset: number, watermark: SlotWatermark): void {
    if (watermarkProblem(watermark) !== undefined) return;
    this.#progress = this.#progress.observe(this.#rules, watermark);
    const { index } = this.#wanted;
    if (!this.#progress.isSealed(this.#rules, index)) return;
    this.#seal = { offset, watermark, proven: this.#progress.isProven(this.#rules, index) };
  }
}
