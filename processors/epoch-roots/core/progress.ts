/** What the watermarks of a partition have settled so far. Immutable: a checkpoint may keep it as of any offset. */

import { Coverage } from './coverage.ts';
import { EpochClock } from './epoch-clock.ts';
import { epochIndex, type Rules, slotsOfIndex } from './rules.ts';

export class Progress {
  static readonly start = new Progress(Coverage.empty, EpochClock.start, -1);

  readonly coverage: Coverage;
  readonly clock: EpochClock;
  /** Epochs up to this index are closed for good although parts of them may be unproven; -1 for none. */
  readonly closedThrough: number;

  constructor(coverage: Coverage, clock: EpochClock, closedThrough: number) {
    this.coverage = coverage;
    this.clock = clock;
    this.closedThrough = closedThrough;
  }

  /** @param watermark Proven range and the block time at its end, Unix seconds. */
  observe(
    rules: Rules,
    watermark: { readonly fromSlot: number; readonly slot: number; readonly blockTime: number },
  ): Progress {
    const { fromSlot, slot } = watermark;
    const { coverage, forgottenTo } = this.coverage.add({ fromSlot, toSlot: slot });
    const clock = this.clock.observe(rules, slot, watermark.blockTime);
    // A finalised epoch whose proof is forgotten must not open again.
    const closed = forgottenTo === undefined ? -1 : epochIndex(rules, forgottenTo);
    return new Progress(coverage, clock, Math.max(this.closedThrough, closed));
  }

  /** The progress of a group that has emitted roots of the epoch with this index: it had ended, whatever the watermarks say of its time. */
  emittedThrough(index: number): Progress {
    return new Progress(this.coverage, this.clock.timedAtLeast(index), this.closedThrough);
  }

  /** Whether the epoch's roots are fixed: wholly proven and past the threshold, or closed. Once true, always true. */
  isSealed(rules: Rules, index: number): boolean {
    return index <= this.closedThrough || this.isProven(rules, index);
  }

  /** Whether the epoch is wholly proven and past the threshold. */
  isProven(rules: Rules, index: number): boolean {
    return index <= this.clock.timedThrough && this.coverage.contains(slotsOfIndex(rules, index));
  }
}
