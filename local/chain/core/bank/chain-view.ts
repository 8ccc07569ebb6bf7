import type { Account, Address } from '../accounts/account.ts';
import { decodeBase58 } from '../encoding/base58.ts';
import type { SignatureRow } from '../ledger/record.ts';
import type { ChainState } from './chain-state.ts';
import type { Commitment } from './commitment.ts';

/** A transaction as answers need it; the meta is unpacked only when asked for. */
export type StoredTransaction = {
  slot: number;
  blockTime: number | null;
  errorText: string;
  wire: Uint8Array;
  metaText(): string;
};

export type SignatureStatus = { slot: number; errorText: string; commitment: Commitment };

/** The chain as one back end sees it, which may be some slots behind. */
export class ChainView {
  readonly state: ChainState;
  readonly #lagSlots: number;

  constructor(state: ChainState, lagSlots = 0) {
    this.state = state;
    this.#lagSlots = lagSlots;
  }

  slot(commitment: Commitment): number {
    const slot = this.state.slot(commitment);
    return this.#lagSlots === 0 ? slot : this.state.blocks.lastBlock(slot - this.#lagSlots);
  }

  account(address: Address, commitment: Commitment): Account | null {
    return this.state.accounts.getAt(address, this.slot(commitment));
  }

  /** The most settled commitment that a slot has reached for this back end; null when it has not seen the slot. */
  commitmentOf(slot: number): Commitment | null {
    if (slot <= this.slot('finalized')) return 'finalized';
    if (slot <= this.slot('confirmed')) return 'confirmed';
    return slot <= this.slot('processed') ? 'processed' : null;
  }

  transaction(id: string, commitment: Commitment): StoredTransaction | null {
    const open = this.state.open.get(id);
    if (open !== null) {
      if (open.slot > this.slot(commitment)) return null;
      const { slot, blockTime, errorText, wire, metaText } = open;
      return { slot, blockTime, errorText, wire, metaText: () => metaText };
    }
    const signature = decodeBase58(id);
    const sequence = signature?.length === 64 ? this.state.history.find(signature) : null;
    return sequence === null ? null : this.#settled(sequence, commitment);
  }

  #settled(sequence: number, commitment: Commitment): StoredTransaction | null {
    const { history } = this.state;
    const { slot, blockTime, errorText } = history.row(sequence);
    if (slot > this.slot(commitment)) return null;
    return { slot, blockTime, errorText, wire: history.wire(sequence), metaText: () => history.metaText(sequence) };
  }

  status(id: string): SignatureStatus | null {
    const found = this.transaction(id, 'processed');
    const commitment = found === null ? null : this.commitmentOf(found.slot);
    if (found === null || commitment === null) return null;
    return { slot: found.slot, errorText: found.errorText, commitment };
  }

  /**
   * Rows of an address, newest first: after `before` (empty when it is unknown) down to `until` (all the way when it is
   * unknown), both left out.
   */
  signatureRows(
    address: Address,
    range: { before?: string | undefined; until?: string | undefined; limit: number },
    commitment: Commitment,
  ): SignatureRow[] {
    const rows: SignatureRow[] = [];
    const top = this.slot(commitment);
    const bounds = this.#historyBounds(range.before, top);
    if (bounds === null) return rows;
    if (bounds.fromOpen) {
      let started = range.before === undefined || this.state.open.get(range.before) === null;
      for (const record of this.state.open.newestFirst(top)) {
        if (!started) started = record.id === range.before;
        else if (record.id === range.until) return rows;
        else if (record.accountKeys.includes(address)) rows.push(record);
        if (rows.length >= range.limit) return rows;
      }
    }
    for (const sequence of this.state.history.newestFirst(address, bounds.historyBefore)) {
      const row = this.state.history.row(sequence);
      if (row.slot > top) continue;
      if (row.id === range.until) break;
      rows.push(row);
      if (rows.length >= range.limit) break;
    }
    return rows;
  }

  #historyBounds(before: string | undefined, top: number): { fromOpen: boolean; historyBefore: number } | null {
    const all = this.state.history.next;
    if (before === undefined) return { fromOpen: true, historyBefore: all };
    const open = this.state.open.get(before);
    if (open !== null) return open.slot <= top ? { fromOpen: true, historyBefore: all } : null;
    const signature = decodeBase58(before);
    const sequence = signature?.length === 64 ? this.state.history.find(signature) : null;
    return sequence === null ? null : { fromOpen: false, historyBefore: sequence };
  }

  /** Unix seconds of a block; for slots older than the block table, that of the last transaction before. */
  blockTime(slot: number): number | null {
    const { blocks, history } = this.state;
    if (slot >= blocks.first) return blocks.time(slot);
    const sequence = history.firstAtSlot(slot + 1) - 1;
    return sequence < history.floor ? null : history.row(sequence).blockTime;
  }
}
