/** When `npm start --until-…` is done, and the summary it prints. Pure. */

import type { ServedRoot } from './gateway-view.ts';

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
  /** From the first line to every role being ready, ms. */
  readonly startMs: number;
  /** From the first line to the end, ms. */
  readonly durationMs: number;
  readonly reached: boolean;
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
  return (goal.kind === 'roots' ? roots.length : roots.filter(isSettled).length) >= goal.count;
}

export function summarise(
  roots: readonly ServedRoot[],
  counts: Pick<Summary, 'events' | 'claims' | 'proofsClaimed' | 'startMs' | 'durationMs' | 'reached'>,
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
