/** Fees of a publication: what is offered, what it may cost. */

import { priorityFeeLamports } from '@attention-oracle/sdk';

/** Lamports a signature. Source: the runtime's fee structure. */
export const LAMPORTS_PER_SIGNATURE = 5000n;
const COMPUTE_MARGIN = 1.2;
/** The runtime's bound for one transaction. */
export const MAX_COMPUTE_UNITS = 1_400_000;
const PERCENTILE = 0.75;
const RAISE_PER_ATTEMPT = 1.5;

export interface PriorityFeePolicy {
  /** fixed: always the cap. estimate: from recent fees, raised with each attempt, never above the cap. */
  readonly mode: 'fixed' | 'estimate';
  /** Micro-lamports a compute unit. */
  readonly cap: number;
}

/**
 * Micro-lamports a compute unit to offer.
 * @param recent What recent transactions on the same accounts paid; undefined when no node tells.
 * @param attempt 1 for the first transaction.
 */
export function priorityFee(policy: PriorityFeePolicy, recent: readonly number[] | undefined, attempt: number): number {
  if (policy.mode === 'fixed') return policy.cap;
  const sorted = [...(recent ?? [])].sort((a, b) => a - b);
  const estimate = sorted[Math.floor(PERCENTILE * (sorted.length - 1))] ?? 0;
  // After an estimate of nothing that was not enough, or without one, something must still be offered.
  const base = attempt > 1 || recent === undefined ? Math.max(estimate, policy.cap / 100) : estimate;
  return Math.min(policy.cap, Math.ceil(base * RAISE_PER_ATTEMPT ** (attempt - 1)));
}

/** Units to ask for: what the simulation used, and a fifth. */
export function computeUnitLimit(usedUnits: number): number {
  return Math.min(MAX_COMPUTE_UNITS, Math.max(1000, Math.ceil(usedUnits * COMPUTE_MARGIN)));
}

/** Fee of a transaction with one signature. */
export function transactionFeeLamports(unitLimit: number, microLamports: number): bigint {
  return LAMPORTS_PER_SIGNATURE + priorityFeeLamports(unitLimit, microLamports);
}

/** Balance that an account must hold to be kept, when no node tells. Source: the runtime's default rent. */
export function usualRentLamports(bytes: number): bigint {
  return BigInt(bytes + 128) * 6960n;
}
