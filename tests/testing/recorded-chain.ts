/** The local chain serving the recorded story, and what follows from the recording. */

import { resolve } from 'node:path';
import { type Chain, startChain } from '../../local/chain/start-chain.ts';
import { type ExpectedRoot, expectedRoots, readRecording } from '../recorded/expected-roots.ts';

export const RECORDING = resolve(import.meta.dirname, '../../sdk/fixtures/recorded/transactions.ndjson');
export const EPOCH_DURATION_SLOTS = 10;

/** What an independent computation over the recording gives. */
export const EXPECTED: readonly ExpectedRoot[] = expectedRoots(readRecording(RECORDING), EPOCH_DURATION_SLOTS);

/** A chain whose history is the recording, and which goes on from there: quick slots, with the block times of real ones. */
export function startRecordedChain(): Promise<Chain> {
  return startChain({ recording: RECORDING, slotMs: 50, blockTimeMs: 400, finalitySlots: 8, seed: 'recorded' });
}

/** Root lines that two sources can be compared by. */
export function rootLines(
  roots: Iterable<{
    readonly channel: string;
    readonly epoch: bigint | number | string;
    readonly root: string;
    readonly count: number;
  }>,
): string[] {
  return Array.from(roots, ({ channel, epoch, root, count }) => `${epoch} ${channel} ${root} ${count}`).sort();
}
