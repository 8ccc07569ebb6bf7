/** Whether the watermark stands still though the chain goes on, and why: a listener that stands still is not ready. Pure. */

import { AppError, codeOf } from '../../../../runtime/errors.ts';

/** Rounds without an advance, with slots to prove, after which the listener stands still. */
const ROUNDS = 15;
/** What more rounds do not mend by themselves. */
const AT_ONCE: ReadonlySet<string> = new Set(['CHAIN_DIFFERS', 'CHAIN_UNKNOWN', 'HISTORY_TOO_SHORT']);
/** What one lagging back end shows too. */
const TIP_ROUNDS = 3;

export class Standstill {
  #rounds = 0;
  #slot: number | undefined;
  #reason: unknown;

  /** Something held the watermark in the round under way. */
  blocked(error: unknown): void {
    this.#reason = error;
  }

  /**
   * A round, or a part of one, has ended.
   * @param cursorSlot Last proven slot; undefined where none is known yet.
   * @param tipSlot Last slot that the chain was seen to have finalised; undefined where the round failed.
   * @returns why the listener stands still; undefined while it does not.
   */
  after(cursorSlot: number | undefined, tipSlot: number | undefined): unknown {
    const advanced = this.#slot !== undefined && cursorSlot !== undefined && cursorSlot > this.#slot;
    const caughtUp = tipSlot !== undefined && cursorSlot !== undefined && cursorSlot >= tipSlot;
    this.#slot = cursorSlot;
    const reason = this.#reason;
    this.#reason = undefined;
    if (advanced || caughtUp) {
      this.#rounds = 0;
      return undefined;
    }
    this.#rounds += 1;
    const code = reason === undefined ? undefined : codeOf(reason);
    if (code !== undefined && AT_ONCE.has(code)) return reason;
    if (this.#rounds >= ROUNDS || (code === 'TIP_BELOW_CURSOR' && this.#rounds >= TIP_ROUNDS)) {
      return reason ?? unproven(cursorSlot);
    }
    return undefined;
  }
}

function unproven(cursorSlot: number | undefined): AppError {
  return new AppError(
    'RANGE_UNPROVEN',
    `Nothing shows that the signatures above slot ${cursorSlot ?? 'none'} are all there: the walks of the RPC endpoints do not agree, or do not show how far they reach. Add an endpoint of another provider to ANCHOR_PROVIDER_URL, or one that serves getBlock.`,
    { retryable: true, context: { cursorSlot } },
  );
}
