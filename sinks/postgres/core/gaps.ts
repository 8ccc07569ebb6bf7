/** Gaps between the proven slots of a partition: opened by a watermark that leaves slots out, closed by those that prove them. Pure. */

import { type SlotRange, spanOf } from '../../../domain/slot-ranges.ts';
import type { PlacedWatermark } from './stream-plan.ts';

export type GapReason = 'went_on' | 'earlier_slots' | 'not_kept';

/** The watermark that opened or closed a gap. */
export interface GapMark {
  readonly source: string;
  readonly method: string;
  readonly endpoint: string;
  /** When it was written to the topic; null where that is not known. */
  readonly atMs: number | null;
  readonly offset: number;
}

/** A row of table coverage_gaps, without its partition. */
export interface Gap extends SlotRange {
  readonly reason: GapReason;
  /** Null where not kept. */
  readonly opened: GapMark | null;
  /** Null while it is open. */
  readonly closed: GapMark | null;
}

export interface GapChange {
  /** First slots of open gaps that are to be replaced. */
  readonly remove: readonly number[];
  readonly insert: readonly Gap[];
}

/**
 * @param proven From the first to the last slot that any watermark had proven before; undefined while there was none.
 * @param open Open gaps, as stored.
 * @param watermarks In the order of their offsets. One that was counted before changes nothing.
 */
export function gapsAfter(
  proven: SlotRange | undefined,
  open: readonly Gap[],
  watermarks: readonly PlacedWatermark[],
): GapChange {
  let span = proven;
  let gaps = [...open];
  for (const watermark of watermarks) {
    const range = { fromSlot: watermark.fromSlot, toSlot: watermark.slot };
    const mark = markOf(watermark);
    const opened = span === undefined ? undefined : openedBy(span, range, mark);
    gaps = gaps.flatMap((gap) => (gap.closed === null ? closedBy(gap, range, mark) : gap));
    if (opened !== undefined) gaps.push(opened);
    span = span === undefined ? range : spanOf(span, range);
  }
  return {
    remove: open.filter((gap) => !gaps.includes(gap)).map(({ fromSlot }) => fromSlot),
    insert: gaps.filter((gap) => !open.includes(gap)),
  };
}

function openedBy(span: SlotRange, range: SlotRange, opened: GapMark): Gap | undefined {
  if (range.fromSlot > span.toSlot + 1)
    return { fromSlot: span.toSlot + 1, toSlot: range.fromSlot - 1, reason: 'went_on', opened, closed: null };
  if (range.toSlot < span.fromSlot - 1)
    return { fromSlot: range.toSlot + 1, toSlot: span.fromSlot - 1, reason: 'earlier_slots', opened, closed: null };
  return undefined;
}

/** What is left of an open gap, and the piece that the range closes. */
function closedBy(gap: Gap, range: SlotRange, closed: GapMark): Gap[] {
  const fromSlot = Math.max(gap.fromSlot, range.fromSlot);
  const toSlot = Math.min(gap.toSlot, range.toSlot);
  if (fromSlot > toSlot) return [gap];
  const pieces: Gap[] = [{ ...gap, fromSlot, toSlot, closed }];
  if (gap.fromSlot < fromSlot) pieces.unshift({ ...gap, toSlot: fromSlot - 1 });
  if (toSlot < gap.toSlot) pieces.push({ ...gap, fromSlot: toSlot + 1 });
  return pieces;
}

function markOf({ source, method, endpoint, writtenAtMs, offset }: PlacedWatermark): GapMark {
  return { source, method, endpoint, atMs: writtenAtMs ?? null, offset };
}
