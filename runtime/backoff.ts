/** How long to wait before trying again. Pure where `random` is handed in. */

/** Milliseconds before attempt `attempt` + 1: doubling with jitter of up to a half, capped. */
export function backoffMs(
  attempt: number,
  initialMs: number,
  maxMs: number,
  random: () => number = Math.random,
): number {
  const full = Math.min(maxMs, initialMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(full * (0.5 + random() / 2));
}
