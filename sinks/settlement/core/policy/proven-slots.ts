/** How far the listeners have proven the chain, and the first hole below a root's end. */

import type { RootToSettle } from '../root-job.ts';
import type { PipelineView } from './policy.ts';

/** A range of slots that watermarks of one partition have proven, inclusive. */
export interface ProvenSlots {
  readonly partition: number;
  readonly fromSlot: number;
  readonly toSlot: number;
}

/** A slot is proven where every partition has proven it: a claim may stand in any of them. */
export function provenEverywhere(
  proven: readonly ProvenSlots[],
  partitions: number,
  { root, headSlot }: { readonly root: Pick<RootToSettle, 'startSlot' | 'endSlot'>; readonly headSlot: number },
): Pick<PipelineView, 'listenerBehindSlots' | 'gapFromSlot'> {
  const reached = Array.from({ length: partitions }, (_, partition) =>
    provenUpTo(
      proven.filter((range) => range.partition === partition),
      root.startSlot,
    ),
  );
  // Everything from the root's first slot up to here.
  const endSlot = Math.min(...reached);
  const gapFromSlot = endSlot >= root.endSlot ? undefined : endSlot + 1;
  return { listenerBehindSlots: Math.max(0, headSlot - newestEnd(proven, partitions)), gapFromSlot };
}

/** Last slot of the unbroken stretch that begins at `fromSlot`; the slot before it where that is not proven. */
function provenUpTo(ranges: readonly ProvenSlots[], fromSlot: number): number {
  let end = fromSlot - 1;
  for (const range of [...ranges].sort((a, b) => a.fromSlot - b.fromSlot)) {
    if (range.fromSlot > end + 1) break;
    end = Math.max(end, range.toSlot);
  }
  return end;
}

/** The slot up to which the slowest partition has anything proven. */
function newestEnd(proven: readonly ProvenSlots[], partitions: number): number {
  const ends = Array.from({ length: partitions }, (_, partition) =>
    Math.max(-1, ...proven.flatMap((range) => (range.partition === partition ? [range.toSlot] : []))),
  );
  return Math.min(...ends);
}
