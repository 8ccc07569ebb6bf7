/** What each subscriber of a channel should have been told: every item once, in order. Pure. */

export interface ToldWrongly {
  readonly lost: number;
  readonly repeated: number;
  /** Told after one that comes later. */
  readonly outOfOrder: number;
}

/** @param stored Items of the channel: they are numbered from 1 on. */
export function toldWrongly(told: readonly number[], stored: number): ToldWrongly {
  const seen = new Set<number>();
  let [repeated, outOfOrder, furthest] = [0, 0, 0];
  for (const number of told) {
    if (seen.has(number)) repeated += 1;
    else if (number < furthest) outOfOrder += 1;
    seen.add(number);
    furthest = Math.max(furthest, number);
  }
  let lost = 0;
  for (let number = 1; number <= stored; number += 1) if (!seen.has(number)) lost += 1;
  return { lost, repeated, outOfOrder };
}
