/** What transactions cost, by the UTC day in which their end was written down; the newest two days are kept. */

import type { SettlementRecord } from '../../../schemas/records.ts';

export const DAY_MS = 86_400_000;

export class PaidFees {
  readonly #days = new Map<number, Map<string, bigint>>();

  /** Takes a row of the ledger. The rows of a transaction's roots each have the whole fee. */
  note({ at, signature, feeLamports }: Partial<Pick<SettlementRecord, 'at' | 'signature' | 'feeLamports'>>): void {
    if (at === undefined || !signature || feeLamports === null || feeLamports === undefined) return;
    const day = dayOf(at);
    const paid = this.#days.get(day) ?? new Map<string, bigint>();
    this.#days.set(day, paid.set(signature, feeLamports));
    for (const known of this.#days.keys()) if (known < day - 1) this.#days.delete(known);
  }

  /** By signature, lamports. */
  ofDay(nowMs: number): ReadonlyMap<string, bigint> {
    return this.#days.get(dayOf(nowMs)) ?? new Map<string, bigint>();
  }
}

/** What several partitions paid in a day: a transaction may carry roots of more than one. */
export function feesOfDay(partitions: Iterable<PaidFees>, nowMs: number): bigint {
  const paid = new Map([...partitions].flatMap((fees) => [...fees.ofDay(nowMs)]));
  return [...paid.values()].reduce((sum, lamports) => sum + lamports, 0n);
}

function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}
