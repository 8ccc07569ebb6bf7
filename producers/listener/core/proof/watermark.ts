/** Writing a watermark: the block time it may carry, and the transaction that writes it together with the cursor. */

import { AppError } from '../../../../runtime/errors.ts';
import type { Cursor, SlotWatermark } from '../../../../schemas/records.ts';
import type { ListenerState } from '../emission/listener-state.ts';
import type { WriteQueue } from '../emission/write-queue.ts';
import type { ChainReader, Clock, SignatureRow } from '../ports.ts';

/** Slots below the watermark's that are asked for their block time before a signature's is taken. */
const EARLIER_SLOTS = 4;

/** How a range was proven, as the watermark says it. */
export type ProofMethod = 'signature-walk' | 'blocks';
export const WALK_METHOD: ProofMethod = 'signature-walk';

/**
 * Unix seconds of the block at `slot` or of an earlier one: a watermark's block time may be too old, never too new.
 * @throws AppError BLOCK_TIME_UNKNOWN (retryable)
 */
export async function blockTimeAt(
  chain: Pick<ChainReader, 'blockTime'>,
  slot: number,
  cursor: Cursor,
  newestRow: SignatureRow | undefined,
): Promise<number> {
  for (let at = slot; at >= Math.max(cursor.slot, slot - EARLIER_SLOTS, 0); at -= 1) {
    try {
      const blockTime = await chain.blockTime(at);
      if (blockTime !== null) return Math.max(blockTime, cursor.blockTime);
    } catch {
      // A skipped slot is an error on some servers; an earlier slot or a signature's time will do.
    }
  }
  const known = Math.max(newestRow?.blockTime ?? 0, cursor.blockTime);
  if (known > 0) return known;
  throw new AppError('BLOCK_TIME_UNKNOWN', `The RPC server gives no block time at or just below slot ${slot}.`, {
    retryable: true,
    context: { slot },
  });
}

export interface WatermarkPorts {
  readonly queue: WriteQueue;
  readonly state: ListenerState;
  readonly clock: Clock;
  /** Milliseconds since the Unix epoch, for the cursor's updatedAt. */
  readonly wallMs: () => number;
}

export interface ProvenRange {
  readonly source: string;
  readonly slot: number;
  readonly blockTime: number;
  readonly newestSignature: string | undefined;
  /** Signatures in the stretch that was walked. */
  readonly signatures: number;
  readonly endpoint: string;
  readonly method: ProofMethod;
  /** Whether this pending signature may be vouched for. */
  isSettled(signature: string): boolean;
  /** Whether the evidence shows this signature. */
  isShown(signature: string): boolean;
}

/**
 * @param generation Generation of the state that the proof rests on.
 * @returns false when the proof is out of date: something at confirmed came in below the slot meanwhile.
 */
export function writeWatermark(ports: WatermarkPorts, range: ProvenRange, generation: number): Promise<boolean> {
  const { queue, state } = ports;
  let cursor: Cursor | undefined;
  return queue.submit({
    exclusive: true,
    build: () => {
      const before = state.cursor;
      if (before === undefined || state.generation !== generation || range.slot <= before.slot) return [];
      const pending = state.emissions.pendingUpTo(range.slot);
      if (!pending.every((emission) => range.isSettled(emission.signature))) return [];
      // Told of while the proof was made: explained in the next round.
      if (!state.unexplainedUpTo(range.slot).every(({ signature }) => range.isShown(signature))) return [];
      cursor = {
        listener: before.listener,
        fromSlot: before.fromSlot,
        slot: range.slot,
        signature: range.newestSignature ?? before.signature,
        blockTime: range.blockTime,
        resumeOffsets: state.resumeOffsets(range.slot),
        updatedAt: ports.wallMs(),
        genesisHash: state.genesisHash,
      };
      const watermark: SlotWatermark = {
        source: range.source,
        fromSlot: cursor.fromSlot,
        slot: cursor.slot,
        blockTime: cursor.blockTime,
        method: range.method,
        signatures: range.signatures,
        endpoint: range.endpoint,
      };
      return [
        { kind: 'watermark', watermark },
        { kind: 'cursor', cursor },
      ];
    },
    committed: (offsets) => {
      if (cursor !== undefined) state.advanced(cursor, offsets);
    },
  });
}
