/** Where a listener without a cursor begins. No cursor does not mean slot 0: the configuration decides. Pure. */

import type { Cursor, PartitionOffset } from '../../../../schemas/records.ts';

/** genesis, now, or a slot number. */
export type StartSlot = string;

/** First slot that the listener will prove. */
export function firstSlot(start: StartSlot, finalizedSlot: number): number {
  if (start === 'genesis') return 0;
  return start === 'now' ? finalizedSlot + 1 : Number(start);
}

/** The cursor of a listener that has proven nothing: an empty range, written down so that a restart begins at the same slot. */
export function emptyCursor(
  listener: string,
  fromSlot: number,
  resumeOffsets: PartitionOffset[],
  updatedAt: number,
  genesisHash: string | null = null,
): Cursor {
  return {
    listener,
    fromSlot,
    slot: fromSlot - 1,
    signature: null,
    blockTime: 0,
    resumeOffsets,
    updatedAt,
    genesisHash,
  };
}
