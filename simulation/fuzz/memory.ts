/** Whether the memory of a process stays what it is. Pure. */

export interface MemorySample {
  /** Since the load began, minutes. */
  readonly minute: number;
  readonly residentBytes: number;
  /** Of JavaScript's heap, with what is not collected yet. */
  readonly heapUsedBytes: number;
}

export interface MemoryTrend {
  /** Least heap of each half minute: what is left after collections, nearly. From the end of the warm-up. */
  readonly heapBytes: readonly number[];
  /** Least resident memory of each half minute. */
  readonly residentBytes: readonly number[];
  /** Slopes of both, by least squares; NaN where there are fewer than two. */
  readonly heapBytesAMinute: number;
  readonly residentBytesAMinute: number;
}

const WINDOWS_A_MINUTE = 2;

/** @param warmUpMinutes After which caches are full and code is compiled. */
export function memoryTrend(samples: readonly MemorySample[], warmUpMinutes: number): MemoryTrend {
  const settled = samples.filter(({ minute }) => minute >= warmUpMinutes);
  const windows = [...Map.groupBy(settled, ({ minute }) => Math.floor(minute * WINDOWS_A_MINUTE))].sort(
    ([a], [b]) => a - b,
  );
  const least = (of: (sample: MemorySample) => number): number[] =>
    windows.map(([, window]) => Math.min(...window.map(of)));
  const minutes = windows.map(([window]) => window / WINDOWS_A_MINUTE);
  const heapBytes = least(({ heapUsedBytes }) => heapUsedBytes);
  const residentBytes = least((sample) => sample.residentBytes);
  return {
    heapBytes,
    residentBytes,
    heapBytesAMinute: slopeOf(minutes, heapBytes),
    residentBytesAMinute: slopeOf(minutes, residentBytes),
  };
}

/** Of the straight line nearest to the points, by the squares of their distances. */
export function slopeOf(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const products = xs.map((x, at) => (x - meanX) * ((ys[at] ?? 0) - meanY));
  const squares = xs.map((x) => (x - meanX) ** 2);
  return mean(products) / mean(squares);
}
