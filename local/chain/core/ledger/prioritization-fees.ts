import { readBudget } from '../programs/compute-budget.ts';
import { isStaticWritable, parseTransaction } from '../transaction/wire.ts';
import type { TransactionRecord } from './record.ts';

const KEPT_SLOTS = 150;

type SlotFees = { lowest: number; byAccount: Map<string, number> };

/** The lowest price (micro-lamports a compute unit) that got into recent slots, by the accounts it wrote. */
export class PrioritizationFees {
  readonly #slots = new Map<number, SlotFees>();

  /** A new slot has begun. */
  open(slot: number): void {
    this.#slots.set(slot, { lowest: Number.POSITIVE_INFINITY, byAccount: new Map() });
    for (const old of this.#slots.keys()) {
      if (this.#slots.size <= KEPT_SLOTS) break;
      this.#slots.delete(old);
    }
  }

  /** A transaction has been executed in a slot. */
  add(record: TransactionRecord): void {
    const fees = this.#slots.get(record.slot);
    if (fees === undefined) return;
    const transaction = parseTransaction(record.wire);
    const budget = readBudget(transaction);
    if ('refused' in budget) return;
    const price = Number(budget.microLamportsPerUnit);
    fees.lowest = Math.min(fees.lowest, price);
    for (const [index, address] of transaction.staticKeys.entries()) {
      if (!isStaticWritable(transaction, index)) continue;
      fees.byAccount.set(address, Math.min(fees.byAccount.get(address) ?? Number.POSITIVE_INFINITY, price));
    }
  }

  /** For each recent slot the price that was enough to write all these accounts; 0 where nobody wrote them. */
  recent(accounts: readonly string[]): { slot: number; prioritizationFee: number }[] {
    return [...this.#slots].map(([slot, { lowest, byAccount }]) => {
      const prices = accounts.length === 0 ? [lowest] : accounts.map((account) => byAccount.get(account) ?? 0);
      const price = Math.max(...prices);
      return { slot, prioritizationFee: Number.isFinite(price) ? price : 0 };
    });
  }
}
