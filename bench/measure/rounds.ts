import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** One contestant of a comparison; what it returns is kept alive until the clock has stopped. */
export type Contestant = () => unknown;

/** The middle value; of an even number, the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('there is no median of nothing');
  return middle;
}

/**
 * Times contestants in turn, round after round, so that a slow moment of the machine hits all of them. A round before
 * the first is not counted. Garbage is collected before each run.
 * @returns the median of each, in milliseconds
 */
export async function timeSideBySide<Name extends string>(
  rounds: number,
  contestants: Readonly<Record<Name, Contestant>>,
): Promise<Record<Name, number>> {
  const entries = Object.entries(contestants) as [Name, Contestant][];
  const times = new Map<Name, number[]>(entries.map(([name]) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, contestant] of entries) {
      collectGarbage();
      const startMs = performance.now();
      await contestant();
      if (round > 0) times.get(name)?.push(performance.now() - startMs);
    }
  }
  return Object.fromEntries([...times].map(([name, values]) => [name, median(values)])) as Record<Name, number>;
}

/** Bytes, on the heap and in array buffers, that stay with what `make` returns. */
export async function retainedBytes(make: () => unknown): Promise<number> {
  const before = await usedBytes();
  const kept = [make()];
  const after = await usedBytes();
  // Read after the second measurement, or it could be collected before.
  return kept.length === 1 ? after - before : 0;
}

async function usedBytes(): Promise<number> {
  // Buffers found dead by one collection are given back some turns later.
  for (let turn = 0; turn < 3; turn++) {
    collectGarbage();
    await new Promise(setImmediate);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
