/** How long the worker waits, by the pace of the cluster: for company of a new root, and before it looks at transactions under way again. */

import type { Pace } from '../../../domain/cluster-pace.ts';

/** Blocks come this fast on the fastest cluster. */
const SHORTEST_MS = 100;

/**
 * Half as long as the youngest has been under way, so that the pause follows the cluster's finality whatever its pace, at most `pollMs`.
 * @param begunAtMs Of each, Unix milliseconds; 0 of one that another process began.
 */
export function pollPauseMs(begunAtMs: Iterable<number>, nowMs: number, pollMs: number): number {
  let youngestMs = Number.POSITIVE_INFINITY;
  for (const begun of begunAtMs) youngestMs = Math.min(youngestMs, nowMs - begun);
  return Math.min(pollMs, Math.max(SHORTEST_MS, youngestMs / 2));
}

/**
 * How long a new root waits for others to share its transaction: the roots of a closing epoch come within a slot. At most `mostMs`, and as
 * long while the pace is not known.
 */
export function lingerMs({ slotMs = Number.POSITIVE_INFINITY }: Pace, mostMs: number): number {
  return Math.min(mostMs, slotMs);
}
