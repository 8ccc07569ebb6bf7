import type { Account, Address } from '../accounts/account.ts';

/** What one slot changed, so that the state before it can be read or brought back. */
type SlotUndo = { slot: number; before: Map<Address, Account | null> };

/** All accounts now, and what recent slots replaced. */
export class AccountStore {
  readonly #accounts: Map<Address, Account>;
  #undo: SlotUndo[] = [];

  constructor(accounts: ReadonlyMap<Address, Account>) {
    this.#accounts = new Map(accounts);
  }

  get(address: Address): Account | null {
    return this.#accounts.get(address) ?? null;
  }

  /** The account as it was at the end of a slot. */
  getAt(address: Address, slot: number): Account | null {
    for (const { slot: changed, before } of this.#undo) {
      if (changed <= slot) continue;
      const old = before.get(address);
      if (old !== undefined) return old;
    }
    return this.get(address);
  }

  /** Writes an account in a slot that is not below earlier ones. Without lamports an account is gone. */
  set(address: Address, account: Account, slot: number): void {
    let last = this.#undo.at(-1);
    if (last?.slot !== slot) {
      last = { slot, before: new Map() };
      this.#undo.push(last);
    }
    if (!last.before.has(address)) last.before.set(address, this.get(address));
    this.#put(address, account.lamports === 0n ? null : account);
  }

  #put(address: Address, account: Account | null): void {
    if (account === null) this.#accounts.delete(address);
    else this.#accounts.set(address, account);
  }

  /** Undoes every slot above `slot`. */
  rollbackTo(slot: number): void {
    for (let last = this.#undo.at(-1); last !== undefined && last.slot > slot; last = this.#undo.at(-1)) {
      for (const [address, account] of last.before) this.#put(address, account);
      this.#undo.pop();
    }
  }

  /** Addresses that slots above `from` up to `to` changed. */
  changedBetween(from: number, to: number): Set<Address> {
    const addresses = new Set<Address>();
    for (const { slot, before } of this.#undo) {
      if (slot > from && slot <= to) for (const address of before.keys()) addresses.add(address);
    }
    return addresses;
  }

  /** Forgets what slots up to `slot` replaced: their state can no longer be left. */
  settle(slot: number): void {
    const keep = this.#undo.findIndex((undo) => undo.slot > slot);
    if (keep !== 0) this.#undo = keep < 0 ? [] : this.#undo.slice(keep);
  }

  /** Accounts that a program owns, now. */
  *ownedBy(program: Address): Generator<[Address, Account]> {
    for (const entry of this.#accounts) if (entry[1].owner === program) yield entry;
  }

  /** Every account as it was at the end of a slot. */
  *allAt(slot: number): Generator<[Address, Account]> {
    const addresses = new Set(this.#accounts.keys());
    for (const { slot: changed, before } of this.#undo) {
      if (changed > slot) for (const address of before.keys()) addresses.add(address);
    }
    for (const address of addresses) {
      const account = this.getAt(address, slot);
      if (account !== null) yield [address, account];
    }
  }
}
