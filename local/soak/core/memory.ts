/** Whether the memory of a process stays flat, by the longest of its lives. Pure. */

import { type Life, livesOf, type Sample } from './samples.ts';

const MB = 1_048_576;
/** A life that is shorter says nothing: caches and compiled code still come in. */
const SHORTEST_LIFE_MS = 20 * 60_000;
/** What a quarter of a life may hold more than one before it: garbage that is not collected yet. */
const ALLOWED = { share: 0.2, bytes: 30 * MB };

export interface MemoryFigures {
  /** Of the longest life. */
  readonly minutes: number;
  readonly medianMbOfSecondQuarter: number;
  readonly medianMbOfLastQuarter: number;
  /** Null where no life is long enough to tell. */
  readonly flat: boolean | null;
}

export function memoryFigures(samples: readonly Sample[]): MemoryFigures {
  const longest = livesOf(samples).reduce<Life>((best, life) => (lengthMs(life) > lengthMs(best) ? life : best), []);
  const second = medianRss(quarter(longest, 1));
  const last = medianRss(quarter(longest, 3));
  const isTold = lengthMs(longest) >= SHORTEST_LIFE_MS;
  return {
    minutes: Math.round(lengthMs(longest) / 6000) / 10,
    medianMbOfSecondQuarter: Math.round(second / MB),
    medianMbOfLastQuarter: Math.round(last / MB),
    flat: isTold ? last - second <= Math.max(second * ALLOWED.share, ALLOWED.bytes) : null,
  };
}

function lengthMs(life: Life): number {
  return (life.at(-1)?.atMs ?? 0) - (life[0]?.atMs ?? 0);
}

function quarter(life: Life, index: number): Life {
  return life.slice(Math.floor((life.length * index) / 4), Math.ceil((life.length * (index + 1)) / 4));
}

function medianRss(life: Life): number {
  const sorted = life.map(({ rssBytes }) => rssBytes).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
