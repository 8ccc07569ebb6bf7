import type { Account, Address } from '../accounts/account.ts';
import { encodeBase58 } from '../encoding/base58.ts';
import { type Execution, executeTransaction, type Refusal } from '../execution/execute.ts';
import { type FaultPlan, NO_FAULTS } from '../faults/fault-plan.ts';
import type { History } from '../ledger/history.ts';
import { OpenTransactions } from '../ledger/open-transactions.ts';
import type { TransactionRecord } from '../ledger/record.ts';
import { PROGRAMS } from '../programs/program-table.ts';
import { memoText } from '../transaction/memo-text.ts';
import { metaOf } from '../transaction/meta.ts';
import { parseTransaction, type WireTransaction } from '../transaction/wire.ts';
import { AccountStore } from './account-store.ts';
import { BlockTable } from './block-table.ts';
import type { Commitment } from './commitment.ts';
import { Consensus, type ConsensusOptions } from './consensus.ts';
import { type Features, MAINNET_FEATURES } from './features.ts';
import type { SlotPace } from './slot-pace.ts';

/** Slots whose accounts stay readable after they are finalised, for back ends that are behind. */
const SETTLED_SLOTS_KEPT = 64;

/** Where the slots begin, and when. */
export type SlotOrigin = {
  /** First slot that has a block. */
  slot: number;
  /** Height of that block. */
  height: number;
  /** Unix seconds of that block. */
  time: number;
};

export type ChainStateOptions = {
  genesisHash: string;
  accounts: ReadonlyMap<Address, Account>;
  origin: SlotOrigin;
  /** Slot that is finalised at the beginning; the origin's when omitted. */
  finalizedSlot?: number;
  pace: SlotPace;
  consensus: ConsensusOptions;
  /** Default: those of mainnet. */
  features?: Features;
  history: History;
  faults?: FaultPlan;
};

/** What the chain tells those who listen; slots and transactions in the order they happened. */
export type ChainEvent =
  | { type: 'slot'; slot: number; parent: number; root: number }
  | { type: 'transactions'; commitment: Commitment; slot: number; records: readonly TransactionRecord[] }
  | { type: 'accounts'; commitment: Commitment; slot: number; addresses: ReadonlySet<Address> }
  | { type: 'rollback'; toSlot: number };

/** Outcome of putting a transaction into the open slot. */
export type Processed = { record: TransactionRecord } | Refusal;

/** The chain itself: slots, blocks, accounts and transactions. No clock: `advance` is called once a slot. */
export class ChainState {
  readonly genesisHash: string;
  readonly blocks: BlockTable;
  readonly accounts: AccountStore;
  readonly history: History;
  readonly open = new OpenTransactions();
  readonly consensus: Consensus;
  readonly pace: SlotPace;
  features: Features;
  faults: FaultPlan;
  readonly #options: ChainStateOptions;
  readonly #listeners = new Set<(event: ChainEvent) => void>();
  #tip: number;
  #confirmed: number;
  #finalized: number;

  constructor(options: ChainStateOptions) {
    this.#options = options;
    this.genesisHash = options.genesisHash;
    this.blocks = new BlockTable(options.genesisHash, options.origin);
    this.accounts = new AccountStore(options.accounts);
    this.history = options.history;
    this.consensus = new Consensus(options.consensus);
    this.pace = options.pace;
    this.features = options.features ?? MAINNET_FEATURES;
    this.faults = NO_FAULTS;
    this.#tip = this.#confirmed = this.#finalized = options.finalizedSlot ?? options.origin.slot;
    this.blocks.extendTo(this.#tip, (slot) => this.#timeOf(slot));
    this.advance();
    this.faults = options.faults ?? NO_FAULTS;
  }

  /** Calls the listener with every event from now on; the result ends that. */
  onEvent(listener: (event: ChainEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #emit(event: ChainEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  slot(commitment: Commitment): number {
    if (commitment === 'processed') return this.#tip;
    return commitment === 'confirmed' ? this.#confirmed : this.#finalized;
  }

  #timeOf(slot: number): number {
    const { origin } = this.#options;
    return origin.time + Math.floor(this.pace.between(origin.slot, slot) / 1_000);
  }

  /** Opens the next slot, and confirms and finalises the ones that are old enough. */
  advance(): void {
    const slot = this.blocks.last + 1;
    const fault = this.faults.slot(slot);
    const abandoned = fault.rollbackSlots > 0 ? this.#abandon(this.#tip - fault.rollbackSlots) : null;
    const skipped = fault.skip && abandoned === null;
    this.blocks.push(this.#timeOf(slot), skipped);
    if (skipped) return;
    const parent = this.#tip;
    this.#tip = slot;
    for (const record of abandoned ?? []) {
      if (this.faults.relands(record.id)) this.process(parseTransaction(record.wire));
    }
    this.#confirm(this.blocks.lastBlock(this.consensus.confirmed(slot)));
    this.#finalize(this.blocks.lastBlock(this.consensus.finalized(slot)));
    this.#emit({ type: 'slot', slot, parent, root: this.#finalized });
  }

  /** Passes over empty slots in one go, as after a long stop; everything before is final. Slots must be without transactions. */
  fastForward(slot: number): void {
    if (this.open.size > 0) throw new RangeError('slots with transactions cannot be passed over');
    this.blocks.extendTo(slot - 1, (at) => this.#timeOf(at));
    this.#tip = this.#confirmed = this.#finalized = this.blocks.last;
    this.advance();
  }

  /** Gives up the slots above one, never finalised ones, and opens a slot of another fork. */
  rollback(slots: number): void {
    const records = this.#abandon(this.#tip - slots);
    this.advance();
    for (const record of records) {
      if (this.faults.relands(record.id)) this.process(parseTransaction(record.wire));
    }
  }

  #abandon(toSlot: number): TransactionRecord[] {
    const target = this.blocks.lastBlock(Math.max(toSlot, this.#finalized));
    this.accounts.rollbackTo(target);
    this.blocks.abandonAbove(target);
    this.#tip = target;
    this.#confirmed = Math.min(this.#confirmed, target);
    const records = this.open.takeAbove(target).flatMap(([, taken]) => taken);
    this.#emit({ type: 'rollback', toSlot: target });
    return records;
  }

  #confirm(slot: number): void {
    const from = this.#confirmed;
    if (slot <= from) return;
    this.#confirmed = slot;
    for (const [at, records] of this.open.between(from, slot)) {
      this.#emit({ type: 'transactions', commitment: 'confirmed', slot: at, records });
    }
    this.#emitAccounts('confirmed', from, slot);
  }

  #finalize(slot: number): void {
    const from = this.#finalized;
    if (slot <= from) return;
    this.#finalized = slot;
    for (const [at, records] of this.open.takeUpTo(slot)) {
      for (const record of records) this.history.append(record);
      this.#emit({ type: 'transactions', commitment: 'finalized', slot: at, records });
    }
    this.#emitAccounts('finalized', from, slot);
    this.accounts.settle(slot - SETTLED_SLOTS_KEPT);
  }

  #emitAccounts(commitment: Commitment, from: number, to: number): void {
    const addresses = this.accounts.changedBetween(from, to);
    if (addresses.size > 0) this.#emit({ type: 'accounts', commitment, slot: to, addresses });
  }

  /** Why a transaction cannot get into the open slot: its version, its blockhash, which is unknown or too old, or it was there before. */
  refusalOf(transaction: WireTransaction): string | null {
    if (!this.takesVersion(transaction)) return 'UnsupportedVersion';
    if (!this.blocks.isUsable(transaction.blockhash, this.#tip)) return 'BlockhashNotFound';
    return this.isKnown(transaction) ? 'AlreadyProcessed' : null;
  }

  /** Whether the cluster takes the version of a transaction. */
  takesVersion({ version }: WireTransaction): boolean {
    return version !== 1 || this.features.version1;
  }

  isKnown(transaction: WireTransaction): boolean {
    const signature = transaction.signatures[0] ?? new Uint8Array(64);
    return this.open.get(encodeBase58(signature)) !== null || this.history.find(signature) !== null;
  }

  /** Runs a transaction against the state at the end of a slot, changing nothing. */
  simulate(transaction: WireTransaction, slot: number): Execution | Refusal {
    return executeTransaction(transaction, (address) => this.accounts.getAt(address, slot), {
      programs: PROGRAMS,
      slot,
      unixTimestamp: this.blocks.time(slot) ?? 0,
    });
  }

  /** Checks a transaction, whose signatures are valid, and executes it in the open slot. */
  process(transaction: WireTransaction): Processed {
    const refused = this.refusalOf(transaction);
    return refused === null ? this.execute(transaction) : { refused };
  }

  /** Executes a transaction in the open slot without asking for its blockhash: for one that was accepted before. */
  execute(transaction: WireTransaction): Processed {
    const slot = this.#tip;
    const outcome = this.simulate(transaction, slot);
    const execution = 'refused' in outcome && this.features.unpaidFailures ? outcome.unpaid : outcome;
    if (execution === undefined || 'refused' in execution) return outcome as Refusal;
    const signature = transaction.signatures[0] ?? new Uint8Array(64);
    const record: TransactionRecord = {
      slot,
      blockTime: this.blocks.time(slot),
      signature,
      id: encodeBase58(signature),
      errorText: JSON.stringify(execution.error),
      memo: memoText(transaction),
      wire: transaction.wire,
      metaText: JSON.stringify(metaOf(execution)),
      accountKeys: execution.keys.map(({ address }) => address),
    };
    for (const [address, account] of execution.changed) this.accounts.set(address, account, slot);
    this.open.add(record);
    this.#emit({ type: 'transactions', commitment: 'processed', slot, records: [record] });
    this.#emit({ type: 'accounts', commitment: 'processed', slot, addresses: new Set(execution.changed.keys()) });
    return { record };
  }

  /** Writes an account outside of any transaction: airdrops and what tests and traffic set up. */
  setAccount(address: Address, account: Account): void {
    this.accounts.set(address, account, this.#tip);
    this.#emit({ type: 'accounts', commitment: 'processed', slot: this.#tip, addresses: new Set([address]) });
  }
}
