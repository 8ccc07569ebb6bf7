/** What became of the client's requests. Pure. */

export interface Asked {
  readonly startedMs: number;
  readonly endedMs: number;
  /** Who answered 200, with which root; refused: no answer at all; failed: another status. */
  readonly outcome: 'legacy' | 'new' | 'refused' | 'failed';
  readonly root: string | undefined;
}

/** A stretch of the rehearsal, Unix ms. */
export interface Stretch {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export function parseAsked(text: string): Asked[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Asked => {
      const [startedMs = '', endedMs = '', outcome = '', root] = line.split(' ');
      const known = outcome === 'legacy' || outcome === 'new' || outcome === 'refused' ? outcome : 'failed';
      return {
        startedMs: Number(startedMs),
        endedMs: Number(endedMs),
        outcome: known,
        root: known === 'legacy' || known === 'new' ? root : undefined,
      };
    })
    .sort((a, b) => a.startedMs - b.startedMs);
}

const isAnswered = ({ outcome }: Asked): boolean => outcome === 'legacy' || outcome === 'new';
const overlaps = ({ startedMs, endedMs }: Asked, { fromMs, toMs }: Stretch): boolean =>
  endedMs >= fromMs && startedMs <= toMs;

/** Requests that nobody answered, and that were under way in none of the stretches. */
export function unansweredOutside(asked: readonly Asked[], stretches: readonly Stretch[]): Asked[] {
  return asked.filter((one) => !isAnswered(one) && !stretches.some((stretch) => overlaps(one, stretch)));
}

export interface SwitchCount {
  readonly name: string;
  readonly asked: number;
  readonly refused: number;
  /** From the first request of the longest run without an answer to the next one that was answered, ms. */
  readonly longestMs: number;
}

export function countIn(asked: readonly Asked[], stretch: Stretch): SwitchCount {
  const within = asked.filter((one) => overlaps(one, stretch));
  let longestMs = 0;
  let firstMs: number | undefined;
  for (const one of asked) {
    if (isAnswered(one)) {
      if (firstMs !== undefined) longestMs = Math.max(longestMs, one.startedMs - firstMs);
      firstMs = undefined;
    } else if (overlaps(one, stretch)) firstMs ??= one.startedMs;
  }
  return {
    name: stretch.name,
    asked: within.length,
    refused: within.filter((one) => !isAnswered(one)).length,
    longestMs,
  };
}

/** Share of the requests that were answered, 0 to 1; those under way in the stretches are left out. */
export function answeredShare(asked: readonly Asked[], without: readonly Stretch[] = []): number {
  const counted = asked.filter((one) => !without.some((stretch) => overlaps(one, stretch)));
  return counted.length === 0 ? 0 : counted.filter(isAnswered).length / counted.length;
}
