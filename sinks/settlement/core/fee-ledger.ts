/** What publishing has cost, from the ledger's rows: by UTC day, and by root. */

import type { SettlementRecord } from '../../../schemas/records.ts';
import { DAY_MS } from './paid-fees.ts';

export interface DayFees {
  /** YYYY-MM-DD, UTC: when the first row with the fee was written. */
  readonly day: string;
  readonly transactions: number;
  /** Of them, those that failed on chain and were paid for. */
  readonly failed: number;
  /** Transactions of which no node told the fee. */
  readonly unknown: number;
  readonly feeLamports: bigint;
}

export interface RootFees {
  readonly channel: string;
  readonly epoch: bigint;
  readonly root: string;
  readonly transactions: number;
  /** The root's share: a transaction's fee is divided among its roots, and the shares add up to it. */
  readonly feeLamports: bigint;
}

interface Paid {
  readonly atMs: number;
  feeLamports: bigint | null;
  isFailed: boolean;
  readonly roots: Map<string, Pick<SettlementRecord, 'channel' | 'epoch' | 'root'>>;
}

export class FeeLedger {
  readonly #paid = new Map<string, Paid>();

  /** Takes a row, in the order of its partition; only ends of transactions on chain count, so that nothing that expired is paid for. */
  note(row: SettlementRecord): void {
    const { status, signature, slot, channel, epoch, root, feeLamports, at } = row;
    const isEnd = status === 'FINALIZED' || (status === 'FAILED' && slot !== null);
    if (!isEnd || signature === null) return;
    const paid = this.#paid.get(signature) ?? {
      atMs: at,
      feeLamports,
      isFailed: status === 'FAILED',
      roots: new Map(),
    };
    paid.feeLamports ??= feeLamports;
    paid.roots.set(`${root}/${epoch}/${channel}`, { channel, epoch, root });
    this.#paid.set(signature, paid);
  }

  /** Oldest first. */
  byDay(): DayFees[] {
    const days = Map.groupBy(this.#paid.values(), ({ atMs }) => Math.floor(atMs / DAY_MS));
    return [...days]
      .sort(([a], [b]) => a - b)
      .map(([day, paid]) => ({
        day: new Date(day * DAY_MS).toISOString().slice(0, 10),
        transactions: paid.length,
        failed: paid.filter(({ isFailed }) => isFailed).length,
        unknown: paid.filter(({ feeLamports }) => feeLamports === null).length,
        feeLamports: paid.reduce((sum, { feeLamports }) => sum + (feeLamports ?? 0n), 0n),
      }));
  }

  /** By channel and epoch. */
  byRoot(): RootFees[] {
    const fees = new Map<string, RootFees>();
    for (const { feeLamports, roots } of this.#paid.values()) {
      const [count, fee] = [BigInt(roots.size), feeLamports ?? 0n];
      for (const [index, [key, root]] of [...roots].entries()) {
        const share = fee / count + (BigInt(index) < fee % count ? 1n : 0n);
        const known = fees.get(key);
        const transactions = (known?.transactions ?? 0) + 1;
        fees.set(key, { ...root, transactions, feeLamports: (known?.feeLamports ?? 0n) + share });
      }
    }
    return [...fees.values()].sort((a, b) => compare(a.channel, b.channel) || compare(a.epoch, b.epoch));
  }
}

function compare<T extends string | bigint>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
