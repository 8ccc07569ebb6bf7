/** Which slots of an epoch are proven, and which are not. Pure. */

import type { CoverageView } from './views.ts';

/** Slots from the first to the last, both included. */
export interface SlotRange {
  readonly fromSlot: number;
  readonly toSlot: number;
}

/** A range that a listener has proven in one partition. */
export interface ProvenRange extends SlotRange {
  readonly partition: number;
  readonly source: string;
  readonly method: string;
}

export interface EpochCoverage {
  /** By source and method, in slot order. */
  readonly ranges: readonly CoverageView[];
  /** Slots that are unproven in at least one partition. */
  readonly holes: readonly { readonly fromSlot: bigint; readonly toSlot: bigint }[];
}

/**
 * A slot counts as proven where it is proven in every partition: a claim of the epoch may stand in any of them. Ranges are
 * joined where they touch, never over a hole.
 */
export function coverageOf(epoch: SlotRange, partitions: number, proven: readonly ProvenRange[]): EpochCoverage {
  const bySource = Map.groupBy(proven, ({ source, method }) => JSON.stringify([source, method]));
  const ranges = [...bySource.values()].flatMap((some) => {
    const { source, method } = some[0] as ProvenRange;
    return everywhere(partitions, some).map((range) => ({ source, method, ...bigints(range) }));
  });
  return { ranges, holes: holesIn(epoch, everywhere(partitions, proven)).map(bigints) };
}

/** The slots that each partition has proven, in order, joined where they touch. */
export function everywhere(partitions: number, proven: readonly ProvenRange[]): SlotRange[] {
  const byPartition = Map.groupBy(proven, ({ partition }) => partition);
  let common: SlotRange[] | undefined;
  for (let partition = 0; partition < partitions; partition += 1) {
    const own = union(byPartition.get(partition) ?? []);
    common = common === undefined ? own : intersection(common, own);
  }
  return common ?? [];
}

function union(ranges: readonly SlotRange[]): SlotRange[] {
  const merged: SlotRange[] = [];
  for (const { fromSlot, toSlot } of [...ranges].sort((a, b) => a.fromSlot - b.fromSlot)) {
    const last = merged.at(-1);
    if (last !== undefined && fromSlot <= last.toSlot + 1)
      merged[merged.length - 1] = { fromSlot: last.fromSlot, toSlot: Math.max(last.toSlot, toSlot) };
    else merged.push({ fromSlot, toSlot });
  }
  return merged;
}

/** @param a In slot order, without overlap; `b` likewise. */
function intersection(a: readonly SlotRange[], b: readonly SlotRange[]): SlotRange[] {
  const common: SlotRange[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i] as SlotRange, b[j] as SlotRange];
    const fromSlot = Math.max(left.fromSlot, right.fromSlot);
    const toSlot = Math.min(left.toSlot, right.toSlot);
    if (fromSlot <= toSlot) common.push({ fromSlot, toSlot });
    if (left.toSlot < right.toSlot) i += 1;
    else j += 1;
  }
  return common;
}

/** What of a range is not in others. @param proven In slot order, without overlap. */
export function holesIn(epoch: SlotRange, proven: readonly SlotRange[]): SlotRange[] {
  const holes: SlotRange[] = [];
  let next = epoch.fromSlot;
  for (const { fromSlot, toSlot } of proven) {
    if (toSlot < next) continue;
    if (fromSlot > epoch.toSlot) break;
    if (fromSlot > next) holes.push({ fromSlot: next, toSlot: fromSlot - 1 });
    next = toSlot + 1;
  }
  if (next <= epoch.toSlot) holes.push({ fromSlot: next, toSlot: epoch.toSlot });
  return holes;
}

function bigints({ fromSlot, toSlot }: SlotRange): { fromSlot: bigint; toSlot: bigint } {
  return { fromSlot: BigInt(fromSlot), toSlot: BigInt(toSlot) };
}
