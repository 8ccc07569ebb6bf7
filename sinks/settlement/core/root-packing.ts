/** Which roots share a transaction. */

import type { PlacedRoot } from './lane.ts';
import type { TransactionFactory } from './ports.ts';
import { tallyOf } from './root-job.ts';

/** Largest transaction on the wire. Source: the network's packet size less its headers. */
export const MAX_TRANSACTION_BYTES = 1232;

/**
 * Splits roots, in their order, into batches of different channels that fit into one transaction each. A root that was refused
 * before goes alone, so that it cannot spoil the transaction for others.
 */
export function packRoots(
  roots: readonly PlacedRoot[],
  maxRoots: number,
  transactions: Pick<TransactionFactory, 'sizeBytes'>,
): PlacedRoot[][] {
  const batches: PlacedRoot[][] = [];
  let batch: PlacedRoot[] = [];
  for (const at of roots) {
    const next = [...batch, at];
    const alone = [batch.at(-1), at].some((one) => one !== undefined && goesAlone(one));
    const repeated = batch.some(({ root }) => root.channel === at.root.channel);
    const full = next.length > maxRoots || transactions.sizeBytes(next.map(({ root }) => root)) > MAX_TRANSACTION_BYTES;
    if (batch.length > 0 && (alone || repeated || full)) {
      batches.push(batch);
      batch = [at];
    } else batch = next;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

function goesAlone({ job }: PlacedRoot): boolean {
  return tallyOf(job).failures > 0 || ('refusals' in job && job.refusals > 0);
}
