/**
 * A range proven by its blocks: each names its parent by slot and hash, so that none can be missing between two that are
 * linked, and each holds all of its transactions. Complete by construction, whatever the lists of signatures leave out.
 */

import { AppError } from '../../../../runtime/errors.ts';
import type { Block, ChainReader, SignatureRow } from '../ports.ts';
import { Semaphore } from '../reading/semaphore.ts';

/** Slots above the range in which a block is looked for that shows that the range's last slots have none. */
const SLOTS_BEYOND = 100;

export interface BlockRange {
  readonly endpoint: string;
  readonly fromSlot: number;
  readonly toSlot: number;
  /** Last slot that the endpoint has finalised. */
  readonly tipSlot: number;
  /** Blocks fetched at once. */
  readonly concurrency: number;
}

export interface BlocksRead {
  /** Everything from the range's first slot up to this one is in `rows`; below the first slot where nothing is proven. */
  readonly provenSlot: number;
  readonly rows: Map<string, SignatureRow>;
  /** Signature to the transaction as getTransaction would give it. */
  readonly answers: ReadonlyMap<string, unknown>;
}

/** @throws AppError ANSWER_CONTRADICTS when the blocks are not linked, and what the chain throws. */
export async function readBlocks(
  chain: Pick<ChainReader, 'blockSlots' | 'block'>,
  { endpoint, fromSlot, toSlot, tipSlot, concurrency }: BlockRange,
): Promise<BlocksRead> {
  const listed = await chain.blockSlots(fromSlot, Math.min(tipSlot, toSlot + SLOTS_BEYOND), endpoint);
  const beyond = listed.find((slot) => slot > toSlot);
  const wanted = [...listed.filter((slot) => slot <= toSlot), ...(beyond === undefined ? [] : [beyond])];
  const fetching = new Semaphore(concurrency);
  const blocks = await Promise.all(wanted.map((slot) => fetching.use(() => chain.block(slot, endpoint))));
  const rows = new Map<string, SignatureRow>();
  const answers = new Map<string, unknown>();
  let parent: Block | undefined;
  for (const block of blocks) {
    if (!isLinked(block, parent, fromSlot)) throw notLinked(endpoint, block, parent, fromSlot);
    parent = block;
    if (block.slot > toSlot) continue;
    for (const { row, answer } of block.transactions) {
      rows.set(row.signature, row);
      answers.set(row.signature, answer);
    }
  }
  const last = blocks.at(-1)?.slot ?? fromSlot - 1;
  return { provenSlot: Math.min(last, toSlot), rows, answers };
}

/** The genesis block, at slot 0, holds no transactions: it may stand below the range without being in it. */
function isLinked(block: Block, parent: Block | undefined, fromSlot: number): boolean {
  if (parent === undefined) return block.parentSlot < fromSlot || block.parentSlot === 0;
  return block.parentSlot === parent.slot && block.previousBlockhash === parent.blockhash;
}

function notLinked(endpoint: string, block: Block, parent: Block | undefined, fromSlot: number): AppError {
  const below = parent === undefined ? `the range from slot ${fromSlot}` : `block ${parent.slot}`;
  return new AppError(
    'ANSWER_CONTRADICTS',
    `On ${endpoint} block ${block.slot} follows block ${block.parentSlot}, not ${below} that it gives before it: a block is missing or of another fork. The range is read again; if that goes on, add another endpoint to ANCHOR_PROVIDER_URL.`,
    { retryable: true, context: { endpoint, slot: block.slot, parentSlot: block.parentSlot } },
  );
}
