/** Which roots share a transaction: as many as its size, its instructions and its compute units allow. */

import { hasFailed } from './channel-run.ts';
import { MAX_COMPUTE_UNITS } from './fees.ts';
import type { PlacedRoot } from './lane.ts';
import type { Ring, TransactionFactory } from './ports.ts';
import { TYPICAL_UNITS_A_ROOT } from './publication-cost.ts';
import { FORM_LIMITS, type TransactionForm } from './transaction-form.ts';

/** Accounts and programs that a transaction may name. Source: the runtime's account locks; SIMD-0385. */
const MAX_ADDRESSES = 64;
/** Instructions of a transaction, inner ones counted. Source: the runtime's instruction trace. */
const MAX_INSTRUCTIONS = 64;
/** The simulation's units are raised by a fifth. */
const COMPUTE_ROOTS = Math.floor(MAX_COMPUTE_UNITS / (TYPICAL_UNITS_A_ROOT * 1.2));

export interface PackingRules {
  readonly maxRoots: number;
  readonly form: TransactionForm;
  readonly transactions: Pick<TransactionFactory, 'size'>;
  /** By channel, as of now: a channel without one costs an inner instruction that creates its account. */
  readonly rings: ReadonlyMap<string, Ring>;
}

/**
 * Splits runs of roots, each of one channel in rising order, into batches that fit into one transaction each. A channel is in one batch
 * only: what does not fit waits until that is done, so that its order holds. A root that was refused before goes alone.
 */
export function packRoots(runs: readonly (readonly PlacedRoot[])[], rules: PackingRules): PlacedRoot[][] {
  const batches: PlacedRoot[][] = [];
  let batch: PlacedRoot[] = [];
  for (const run of runs) {
    const [head] = run;
    if (head === undefined) continue;
    if (batch.length > 0 && (hasFailed(head) || batch.some(hasFailed) || !fits([...batch, head], rules))) {
      batches.push(batch);
      batch = [];
    }
    batch = [...batch, head];
    for (const at of run.slice(1)) {
      if (!fits([...batch, at], rules)) break;
      batch = [...batch, at];
    }
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

function fits(batch: readonly PlacedRoot[], { maxRoots, form, transactions, rings }: PackingRules): boolean {
  if (batch.length > Math.min(maxRoots, COMPUTE_ROOTS)) return false;
  const limits = FORM_LIMITS[form];
  const channels = new Set(batch.map(({ root }) => root.channel));
  const created = [...channels].filter((channel) => rings.get(channel) === undefined).length;
  if (limits.instructionsBefore + batch.length + created > MAX_INSTRUCTIONS) return false;
  const roots = batch.map(({ root }) => root);
  const { bytes, addresses } = transactions.size(roots, form);
  return bytes <= limits.bytes && addresses <= MAX_ADDRESSES;
}
