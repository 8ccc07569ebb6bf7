/** Gaps as clients are told them: the open ones by what is proven now, with what is kept of how they came about. Pure. */

import type { GapReason } from '../schema-types.generated.ts';
import type { OpenGap } from './proven-state.ts';

/** The watermark that opened or closed a gap. */
export interface GapMarkView {
  readonly source: string;
  readonly method: string;
  readonly endpoint: string;
  readonly at: Date | null;
}

/** A gap of one partition, as the sink keeps it. */
export interface KeptGap {
  readonly partition: number;
  readonly fromSlot: bigint;
  readonly toSlot: bigint;
  readonly reason: GapReason;
  readonly opened: GapMarkView | null;
  /** Null while it is open. */
  readonly closed: GapMarkView | null;
}

export interface GapView {
  readonly fromSlot: bigint;
  readonly toSlot: bigint;
  readonly partitions: number[];
  readonly reason: GapReason;
  readonly why: string;
  readonly opened: GapMarkView | null;
  readonly closed: GapMarkView | null;
}

/** @param kept Open ones; where several partitions keep one, the watermark that opened it first counts. */
export function openGapViews(open: readonly OpenGap[], kept: readonly KeptGap[]): GapView[] {
  return open.map((gap) => {
    const own = kept.filter(
      ({ partition, fromSlot, toSlot }) =>
        gap.partitions.includes(partition) && fromSlot <= gap.toSlot && gap.fromSlot <= toSlot,
    );
    const first = firstOpened(own);
    return view(gap, gap.partitions, first?.reason ?? 'NOT_KEPT', first?.opened ?? null, null);
  });
}

/** One a range and proof, whatever the number of partitions; in the order given. */
export function closedGapViews(kept: readonly KeptGap[]): GapView[] {
  const same = Map.groupBy(kept, ({ fromSlot, toSlot, closed }) =>
    JSON.stringify([String(fromSlot), String(toSlot), closed?.source, closed?.method, closed?.endpoint]),
  );
  return [...same.values()].flatMap((gaps) => {
    const first = firstOpened(gaps);
    if (first === undefined) return [];
    const partitions = gaps.map(({ partition }) => partition).sort((a, b) => a - b);
    return view(first, partitions, first.reason, first.opened, lastClosed(gaps));
  });
}

function view(
  { fromSlot, toSlot }: { readonly fromSlot: bigint; readonly toSlot: bigint },
  partitions: number[],
  reason: GapReason,
  opened: GapMarkView | null,
  closed: GapMarkView | null,
): GapView {
  return { fromSlot, toSlot, partitions, reason, why: sentence(reason, opened, fromSlot, toSlot), opened, closed };
}

function sentence(reason: GapReason, opened: GapMarkView | null, fromSlot: bigint, toSlot: bigint): string {
  const who = opened === null ? 'A listener' : `Listener ${opened.source} (${opened.method} at ${opened.endpoint})`;
  const slots = fromSlot === toSlot ? `slot ${fromSlot}` : `slots ${fromSlot} to ${toSlot}`;
  if (reason === 'LISTENER_WENT_ON') return `${who} proved later slots without ${slots}.`;
  if (reason === 'EARLIER_SLOTS_PROVEN')
    return `${who} proved earlier slots without ${slots}, which lead to those proven before.`;
  return `It was not kept why ${slots} came to be left out.`;
}

const timeOf = (mark: GapMarkView | null): number => mark?.at?.getTime() ?? Number.POSITIVE_INFINITY;

function firstOpened(gaps: readonly KeptGap[]): KeptGap | undefined {
  return [...gaps].sort((a, b) => (timeOf(a.opened) < timeOf(b.opened) ? -1 : 1))[0];
}

function lastClosed(gaps: readonly KeptGap[]): GapMarkView | null {
  return gaps.map(({ closed }) => closed).sort((a, b) => (timeOf(a) > timeOf(b) ? -1 : 1))[0] ?? null;
}
