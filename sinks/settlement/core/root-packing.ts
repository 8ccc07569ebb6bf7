/** Which roots share a transaction. */

import type { PlacedJob } from './job-ledger.ts';
import type { TransactionFactory } from './ports.ts';

/** Largest transaction on the wire. Source: the network's packet size less its headers. */
export const MAX_TRANSACTION_BYTES = 1232;

/** Splits roots, in their order, into batches of different channels that fit into one transaction each. */
export function packRoots(
  jobs: readonly PlacedJob[],
  maxRoots: number,
  transactions: Pick<TransactionFactory, 'sizeBytes'>,
): PlacedJob[][] {
  const batches: PlacedJob[][] = [];
  let batch: PlacedJob[] = [];
  for (const at of jobs) {
    const next = [...batch, at];
    const repeated = batch.some(({ job }) => job.root.channel === at.job.root.channel);
    const full =
      next.length > maxRoots || transactions.sizeBytes(next.map(({ job }) => job.root)) > MAX_TRANSACTION_BYTES;
    if (batch.length > 0 && (repeated || full)) {
      batches.push(batch);
      batch = [at];
    } else batch = next;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
