/** When `npm start --until-…` is done, and the summary it prints. Pure. */

import type { ServedRoot } from './gateway-view.ts';
import type { Ending } from './lifetime.ts';

export interface Goal {
  readonly kind: 'roots' | 'settled';
  readonly count: number;
}

export interface Summary {
  readonly events: number;
  readonly claims: number;
  readonly roots: number;
  readonly settled: number;
  /** Claims that were made on chain with proofs of our own earlier roots. */
  readonly proofsClaimed: number;
  /** From the first line to every role being ready, ms; null when that never was. */
  readonly startMs: number | null;
  /** From the first line to the end, ms. */
  readonly durationMs: number;
  readonly reached: boolean;
  /** What ended it. */
  readonly ended: Ending['kind'];
  /** The sentence that the console shows of it; null when the goal was reached. */
  readonly reason: string | null;
  readonly roots_detail: readonly {
    channel: string;
    epoch: number | string;
    root: string;
    count: number;
    signature: string | null;
  }[];
}

/** A root counts as settled once it is final on chain and the listener has seen it there. */
export function isSettled(root: ServedRoot): boolean {
  return root.settled && root.seenOnChain;
}

export function isReached(goal: Goal, roots: readonly ServedRoot[]): boolean {
  return countOf(goal, roots) >= goal.count;
}

/** How far it is, for the console: "8 of 24 roots". */
export function progressText(goal: Goal, roots: readonly ServedRoot[]): string {
  return `${countOf(goal, roots)} of ${goal.count} ${goal.kind === 'roots' ? 'roots' : 'settled roots'}`;
}

function countOf({ kind }: Goal, roots: readonly ServedRoot[]): number {
  return kind === 'roots' ? roots.length : roots.filter(isSettled).length;
}

export function summarise(
  roots: readonly ServedRoot[],
  counts: Omit<Summary, 'roots' | 'settled' | 'roots_detail'>,
): Summary {
  const sorted = [...roots].sort((a, b) =>
    BigInt(a.epoch) < BigInt(b.epoch) ? -1 : BigInt(a.epoch) > BigInt(b.epoch) ? 1 : a.channel < b.channel ? -1 : 1,
  );
  return {
    events: counts.events,
    claims: counts.claims,
    roots: roots.length,
    settled: roots.filter(isSettled).length,
    proofsClaimed: counts.proofsClaimed,
    startMs: counts.startMs,
    durationMs: counts.durationMs,
    reached: counts.reached,
    ended: counts.ended,
    reason: counts.reason,
    roots_detail: sorted.map(({ channel, epoch, root, count, signature }) => ({
      channel,
      epoch: exactNumber(epoch),
      root,
      count,
      signature,
    })),
  };
}

/** A JSON number where it is exact, else decimal text. */
function exactNumber(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}
