/** How many calls an endpoint is asked for in one request, by what it did with the requests before. Pure. */

/** Fewer than the least that providers allow in one request. */
const FIRST = 8;
/** More save hardly anything, and answers of this many transactions are still read in a few milliseconds. */
export const MOST_TOGETHER = 32;
/** How long an endpoint is not asked for a batch, or for a larger one than it took, in ms. */
const REMEMBERED_MS = 600_000;
/** The same after a smallest batch that failed altogether: it may be too much for the server, or the server is away. */
const FAILED_MS = 30_000;

interface Known {
  /** Calls of the next batch. */
  size: number;
  /** Most calls of a batch until `untilMs`; 1 asks one by one. */
  most: number;
  untilMs: number;
}

/** What became of a batch: `whole` answered; some calls `partly` without one; `refused` as a batch; `failed` altogether. */
export type BatchOutcome = 'whole' | 'partly' | 'refused' | 'failed';

/** Doubles while whole answers come, up to 32; half where one does not, and no more than that for ten minutes. */
export class BatchSizes {
  readonly #known = new Map<string, Known>();

  /** @returns 1 where it is to be asked one by one. */
  size(endpoint: string, nowMs: number): number {
    const known = this.#known.get(endpoint);
    if (known === undefined) return FIRST;
    return nowMs < known.untilMs ? Math.min(known.size, known.most) : Math.max(known.size, FIRST);
  }

  /** @param calls Of the batch: a small one that is answered says nothing about a larger one. */
  judge(endpoint: string, calls: number, outcome: BatchOutcome, nowMs: number): void {
    const size = this.size(endpoint, nowMs);
    if (outcome === 'whole') {
      if (calls < size) return;
      const { most, untilMs } = this.#known.get(endpoint) ?? { most: MOST_TOGETHER, untilMs: 0 };
      this.#known.set(endpoint, { size: Math.min(MOST_TOGETHER, size * 2), most, untilMs });
    } else if (calls > FIRST) {
      const most = Math.max(FIRST, Math.floor(calls / 2));
      this.#known.set(endpoint, { size: most, most, untilMs: nowMs + REMEMBERED_MS });
    } else if (outcome !== 'partly') {
      const untilMs = nowMs + (outcome === 'refused' ? REMEMBERED_MS : FAILED_MS);
      this.#known.set(endpoint, { size: 1, most: 1, untilMs });
    }
  }
}
