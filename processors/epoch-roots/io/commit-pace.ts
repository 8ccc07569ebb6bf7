/** How far a partition is committed, how far it could be, and when that is due. */

/** Records after which the offset is committed although the interval has not passed. */
const MAX_UNCOMMITTED_RECORDS = 5000;

export class CommitPace {
  readonly #intervalMs: number;
  #committed = 0n;
  #committable = 0n;
  #lastCommitMs = 0;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  get committed(): bigint {
    return this.#committed;
  }

  /** Offset up to which everything is applied and nothing is left to write. */
  get committable(): bigint {
    return this.#committable;
  }

  /** At a take-over: what the group has committed. */
  begin(committed: bigint): void {
    this.#committed = committed;
    this.#committable = committed;
  }

  /** Records below the offset are applied and led to nothing. */
  applied(offset: bigint): void {
    if (offset > this.#committable) this.#committable = offset;
  }

  wrote(offset: bigint, nowMs: number): void {
    this.#committed = offset;
    this.applied(offset);
    this.#lastCommitMs = nowMs;
  }

  isDue(nowMs: number): boolean {
    const isLongAgo = nowMs - this.#lastCommitMs >= this.#intervalMs;
    return isLongAgo || this.#committable - this.#committed >= MAX_UNCOMMITTED_RECORDS;
  }
}
