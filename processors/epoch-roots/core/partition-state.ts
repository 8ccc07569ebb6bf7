/** The state of one partition of the event topic: (state, record) → outputs, without clock or I/O. */

import { watermarkProblem } from '../../../domain/soundness.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { CountedEvent } from '../../../schemas/counted-event.ts';
import type { SlotWatermark } from '../../../schemas/records.ts';
import { ClaimLedger, type LateClaim } from './claim-ledger.ts';
import { claimRecordOf } from './claim-record.ts';
import type { Progress } from './progress.ts';
import { type BuiltRoot, claimProvenIn, rootsOf } from './roots.ts';
import { epochIndex, epochNumber, type Rules } from './rules.ts';
import type { SnapshotPlace } from './snapshot.ts';

export type Input =
  | { readonly name: 'StreamEvent'; readonly value: CountedEvent }
  | { readonly name: 'SlotWatermark'; readonly value: SlotWatermark };

/** What a record leads to, in order. */
export type Output =
  | ({ readonly kind: 'root' } & BuiltRoot)
  | ({ readonly kind: 'late'; readonly epoch: bigint } & LateClaim)
  /** An epoch that is given up unproven; `claims` proven claims get no root. */
  | { readonly kind: 'closed'; readonly epoch: bigint; readonly claims: number };

/** Progress as of an offset, before the record there: where a replay may begin. */
export interface Mark {
  readonly offset: number;
  readonly progress: Progress;
  /** What is remembered of the records below the offset; without one nothing of them is needed. */
  readonly snapshot?: SnapshotPlace | undefined;
}

/** What must be kept to go on from a position: where the replay begins and what it cannot give back. */
export interface Checkpoint extends Mark {
  /** Offset of the next record to apply, when it was taken. */
  readonly position: number;
}

const NONE: readonly Output[] = [];
/** Marks kept; a replay begins at most about a sixtieth of its length too early. */
const MAX_MARKS = 128;

export class PartitionState {
  readonly #rules: Rules;
  readonly #partition: number;
  readonly #ledger: ClaimLedger;
  #progress: Progress;
  #marks: Mark[];
  #snapshot: SnapshotPlace | undefined;
  #position: number;
  readonly #isSealed = (epoch: number): boolean => this.#progress.isSealed(this.#rules, epoch);

  /**
   * @param start Offset of the first record to apply, and what the watermarks before it had settled.
   * @param remembered Lines of the snapshot that it names.
   * @throws AppError SNAPSHOT_GONE for lines that this release does not read.
   */
  constructor(rules: Rules, partition: number, start: Mark, remembered: Iterable<string> = []) {
    this.#rules = rules;
    this.#partition = partition;
    this.#ledger = new ClaimLedger((slot) => epochIndex(rules, slot));
    this.#progress = start.progress;
    this.#marks = [start];
    this.#snapshot = start.snapshot;
    this.#position = start.offset;
    this.#ledger.read(remembered);
  }

  /** Offset of the next record to apply. */
  get position(): number {
    return this.#position;
  }

  get openClaims(): number {
    return this.#ledger.openClaims;
  }

  get openEpochs(): number {
    return this.#ledger.openEpochs;
  }

  /** Highest slot of the watermarks so far; undefined before the first. */
  get watermarkSlot(): number | undefined {
    return this.#progress.clock.headSlot;
  }

  /**
   * Applies the record at `offset`, which must not be below the position.
   * @throws AppError CLAIM_INVALID, WATERMARK_INVALID: the record is a dead letter; `skip` it.
   */
  apply(offset: number, input: Input): readonly Output[] {
    const outputs =
      input.name === 'StreamEvent' ? this.#event(offset, input.value) : this.#watermark(offset, input.value);
    this.skip(offset);
    return outputs;
  }

  /** Moves past a record that cannot be read. */
  skip(offset: number): void {
    this.#position = offset + 1;
  }

  /** Where a replay must begin so that it ends in this state, in all that later outputs depend on. */
  checkpoint(): Checkpoint {
    const needed = Math.min(this.#ledger.oldestNeeded() ?? this.#position, this.#position);
    const [oldest] = this.#marks as [Mark, ...Mark[]];
    if (this.#snapshot !== undefined && needed < oldest.offset) return { ...oldest, position: this.#position };
    // Nothing of what the snapshot holds is remembered any more.
    this.#snapshot = undefined;
    let chosen = 0;
    while (chosen + 1 < this.#marks.length && (this.#marks[chosen + 1] as Mark).offset <= needed) chosen += 1;
    this.#marks = this.#marks.slice(chosen);
    const { offset, progress } = this.#marks[0] as Mark;
    return { offset: this.#marks.length === 1 ? needed : offset, progress, position: this.#position };
  }

  /** Events remembered. */
  get size(): number {
    return this.#ledger.size;
  }

  /** All that is remembered at the position, as text. */
  lines(): Generator<string> {
    return this.#ledger.lines();
  }

  /** The checkpoint that builds on a snapshot of the position's lines. */
  checkpointOn(snapshot: SnapshotPlace): Checkpoint {
    return { offset: this.#position, position: this.#position, progress: this.#progress, snapshot };
  }

  /** From now on a replay begins at a checkpoint that is committed. */
  beginAt({ offset, progress, snapshot }: Checkpoint): void {
    this.#marks = [{ offset, progress, snapshot }];
    this.#snapshot = snapshot;
  }

  #event(offset: number, event: CountedEvent): readonly Output[] {
    const record = claimRecordOf(event, offset, this.#rules);
    const late = record && this.#ledger.apply(record, this.#isSealed);
    return late === undefined ? NONE : [this.#late(late)];
  }

  #watermark(offset: number, watermark: SlotWatermark): readonly Output[] {
    const { source, fromSlot, slot } = watermark;
    const problem = watermarkProblem(watermark);
    if (problem !== undefined) {
      throw new AppError(
        'WATERMARK_INVALID',
        `A watermark proves nothing: ${problem}. Mend the listener that wrote it.`,
        {
          context: { source, fromSlot, slot },
        },
      );
    }
    const vouched = this.#ledger.vouch({ source, fromSlot, slot, offset }, this.#isSealed);
    const outputs: Output[] = vouched.map((late) => this.#late(late));
    this.#progress = this.#progress.observe(this.#rules, watermark);
    for (const bucket of this.#ledger.seal(offset, this.#isSealed)) {
      if (this.#progress.isProven(this.#rules, bucket.key)) {
        const roots = rootsOf(this.#rules, bucket, { watermark, partition: this.#partition, offset });
        for (const built of roots) outputs.push({ kind: 'root', ...built });
      } else {
        const claims = bucket.rows().filter((row) => claimProvenIn(this.#rules, row, bucket.key)).length;
        outputs.push({ kind: 'closed', epoch: epochNumber(this.#rules, bucket.key), claims });
      }
    }
    this.#ledger.forget(offset - this.#rules.dedupRecords);
    this.#mark(offset + 1);
    return outputs;
  }

  #mark(offset: number): void {
    this.#marks.push({ offset, progress: this.#progress });
    if (this.#marks.length > MAX_MARKS) this.#marks = this.#marks.filter((_, i) => i % 2 === 0);
  }

  #late(late: LateClaim): Output {
    return { kind: 'late', epoch: epochNumber(this.#rules, epochIndex(this.#rules, late.slot)), ...late };
  }
}
