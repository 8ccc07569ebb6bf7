/** For which share of a time something answered, from the moments at which it was asked. Pure. */

export interface Probe {
  /** When it was asked, since the soak began, ms. */
  readonly atMs: number;
  readonly answered: boolean;
}

/** A time from which to which the thing was made to be away. */
export interface Away {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Uptime {
  readonly probes: number;
  /** Of all probes, in percent. */
  readonly percent: number;
  /** Of the probes outside of the times in which the thing itself was killed or frozen, in percent. */
  readonly percentBesideItsOwnFaults: number;
  readonly longestAwayMs: number;
}

export function uptimeOf(probes: readonly Probe[], away: readonly Away[]): Uptime {
  const beside = probes.filter(({ atMs }) => !away.some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs));
  return {
    probes: probes.length,
    percent: share(probes),
    percentBesideItsOwnFaults: share(beside),
    longestAwayMs: longestAway(probes),
  };
}

function share(probes: readonly Probe[]): number {
  const answered = probes.filter((probe) => probe.answered).length;
  return probes.length === 0 ? 0 : Math.floor((answered / probes.length) * 100_000) / 1000;
}

/** From the first probe without an answer to the next one with it. */
function longestAway(probes: readonly Probe[]): number {
  let [longestMs, sinceMs]: [number, number | undefined] = [0, undefined];
  for (const { atMs, answered } of probes) {
    if (!answered) sinceMs ??= atMs;
    if (sinceMs !== undefined) longestMs = Math.max(longestMs, atMs - sinceMs);
    if (answered) sinceMs = undefined;
  }
  return longestMs;
}
