/** How soon transactions under way are looked at again. */

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
