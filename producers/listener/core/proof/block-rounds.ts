/** Going on by blocks, a piece at a time, at an endpoint that serves them. */

import { AppError, codeOf } from '../../../../runtime/errors.ts';
import type { RowSettler } from '../emission/row-settler.ts';
import type { ChainReader, Observer } from '../ports.ts';
import type { Advance, Evidence } from './advance.ts';
import { readBlocks } from './block-proof.ts';

/** Slots of one piece; each ends in a watermark. */
const PIECE_SLOTS = 200;
/** A longer stretch is proven by walks: its blocks would take hours. */
const LONGEST_SLOTS = 20_000;

export interface BlockRoundsPorts {
  readonly chain: ChainReader;
  readonly observer: Observer;
  readonly settler: RowSettler;
  readonly advance: Advance;
  readonly signal: AbortSignal;
}

export class BlockRounds {
  readonly #ports: BlockRoundsPorts;
  readonly #concurrency: number;
  /** Endpoints that have no such method, or refuse it. */
  readonly #unserved = new Set<string>();

  constructor(ports: BlockRoundsPorts, concurrency: number) {
    this.#ports = ports;
    this.#concurrency = concurrency;
  }

  /**
   * @returns false where no endpoint serves the blocks of the range.
   * @throws AppError of the chain: the blocks are there, but not now.
   */
  async prove(cursorSlot: number, targetSlot: number, tipSlot: number): Promise<boolean> {
    if (targetSlot - cursorSlot > LONGEST_SLOTS) return false;
    for (const endpoint of this.#ports.chain.endpoints()) {
      if (this.#unserved.has(endpoint)) continue;
      try {
        await this.#proveAt(endpoint, cursorSlot, targetSlot, tipSlot);
        return true;
      } catch (error) {
        if (!(error instanceof AppError) || error.retryable || codeOf(error) === 'PRODUCER_FENCED') throw error;
        // A transaction of a version that nobody here knows, of whatever program, concerns one block only.
        if (error.code !== 'TRANSACTION_VERSION_UNSUPPORTED') this.#unserved.add(endpoint);
      }
    }
    return false;
  }

  async #proveAt(endpoint: string, cursorSlot: number, targetSlot: number, tipSlot: number): Promise<void> {
    const { chain, observer, settler, advance, signal } = this.#ports;
    for (let fromSlot = cursorSlot + 1; fromSlot <= targetSlot; fromSlot += PIECE_SLOTS) {
      signal.throwIfAborted();
      const toSlot = Math.min(targetSlot, fromSlot + PIECE_SLOTS - 1);
      const range = { endpoint, fromSlot, toSlot, tipSlot, concurrency: this.#concurrency };
      const { provenSlot, rows, answers } = await readBlocks(chain, range);
      advance.reportMissed(rows.values());
      const unsettled = await settler.settle(rows.values(), { endpoint, answers });
      for (const { error, row } of unsettled) observer.blocked(row.slot, error);
      await settler.compareSample(rows.values());
      const lastSettled = Math.min(provenSlot, ...unsettled.map(({ row }) => row.slot - 1));
      const addOmitted = (): void => undefined;
      const evidence: Evidence = { rows, addOmitted, method: 'blocks', endpoint };
      if (!(await advance.to(lastSettled, fromSlot, evidence)) || lastSettled < toSlot) return;
    }
  }
}
