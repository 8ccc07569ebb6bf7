/** What the settler needs of the world. Every call may fail; a failure means "try again later", never "it did not happen". */

import type { SettlementRecord } from '../../../schemas/records.ts';
import type { DecisionBook } from './policy/decision-book.ts';
import type { PolicyEvidence } from './policy/evidence.ts';
import type { RootToSettle } from './root-job.ts';
import type { SettlerEvent } from './settler-event.ts';
import type { TransactionForm } from './transaction-form.ts';

/** What a node says of a signature. */
export interface SignatureStatus {
  readonly slot: number;
  readonly confirmation: 'processed' | 'confirmed' | 'finalized';
  /** The node's error as JSON value; null when the transaction succeeded. */
  readonly error: unknown;
}

export interface StatusAnswer {
  /** Newest slot of the answering node. */
  readonly contextSlot: number;
  /** By signature; null where the node knows nothing; missing where the answer does not tell. */
  readonly statuses: ReadonlyMap<string, SignatureStatus | null>;
}

/** Newest finalised block of a node. */
export interface FinalizedHead {
  readonly slot: number;
  readonly blockHeight: number;
}

export interface RingSlotView {
  readonly epoch: bigint;
  /** 64 lower-case hex digits. */
  readonly root: string;
  /** One bit a claim that was made, lowest bit first; undefined where the reader did not ask. */
  readonly claimed?: Uint8Array;
}

/** A publication of a root that succeeded, as the channel's history tells it. */
export interface Publication {
  readonly epoch: bigint;
  /** 64 lower-case hex digits. */
  readonly root: string;
  readonly slot: number;
  /** Who signed it. */
  readonly signer: string;
  /** The channel's first one: nobody can have claimed before it. */
  readonly createsAccount: boolean;
}

/** What a node tells of the publications of a channel since some slot, finalised ones only. */
export interface ChannelHistory {
  readonly publications: readonly Publication[];
  readonly sinceSlot: number;
  /**
   * `since`: everything since that slot is here, and older transactions are there; `whole`: the node holds everything and there
   * is nothing older; `no`: the node may have forgotten some.
   */
  readonly complete: 'since' | 'whole' | 'no';
}

/** An account that this release cannot read: what it holds is unknown, never empty. */
export interface Unreadable {
  /** What is odd about it. */
  readonly unreadable: string;
}

/** The ring of a channel by slot; undefined where the channel has no account yet. */
export type Ring = readonly RingSlotView[] | undefined;

export interface ProtocolView {
  readonly paused: boolean;
  readonly admin: string;
  readonly publisher: string;
}

export interface AccountsAnswer {
  /** undefined when the mint has no protocol state. */
  readonly protocol: ProtocolView | Unreadable | undefined;
  readonly payerLamports: bigint;
  /** Whether the cluster takes version 1 transactions. */
  readonly version1: boolean;
  /** By channel. */
  readonly rings: ReadonlyMap<string, Ring | Unreadable>;
}

export function isUnreadable(view: unknown): view is Unreadable {
  return typeof view === 'object' && view !== null && 'unreadable' in view;
}

export interface Simulation {
  /** The node's error as JSON value; null when it would succeed. */
  readonly error: unknown;
  readonly logs: readonly string[];
  readonly computeUnits: number;
}

export interface TransactionCost {
  readonly feeLamports: bigint;
  readonly computeUnits: number | null;
}

export interface Chain {
  finalizedHead(): Promise<FinalizedHead>;
  /** With search in the whole history, where the node keeps one. */
  statuses(signatures: readonly string[]): Promise<StatusAnswer>;
  /** All from one answer of one node that has seen `minContextSlot`. */
  accounts(
    channels: readonly string[],
    payer: string | undefined,
    commitment: 'confirmed' | 'finalized',
    minContextSlot?: number,
  ): Promise<AccountsAnswer>;
  latestBlockhash(): Promise<{ readonly blockhash: string; readonly lastValidBlockHeight: number }>;
  simulate(wire: Uint8Array): Promise<Simulation>;
  /** Micro-lamports a compute unit that recent transactions writing to the channels' accounts paid. */
  recentPriorityFees(channels: readonly string[]): Promise<readonly number[]>;
  /** Balance that an account of that size must hold. */
  rentExemptLamports(bytes: number): Promise<bigint>;
  send(wire: Uint8Array): Promise<void>;
  /** Publications of a channel's roots after `sinceSlot` (older ones may be among them). */
  channelHistory(channel: string, sinceSlot: number): Promise<ChannelHistory>;
  /** undefined when the node does not have the transaction. */
  cost(signature: string): Promise<TransactionCost | undefined>;
}

export interface TransactionTerms {
  readonly form: TransactionForm;
  readonly blockhash: string;
  readonly computeUnitLimit: number;
  /** Micro-lamports a compute unit. */
  readonly priorityFee: number;
}

export interface PublicationTransaction {
  readonly signature: string;
  readonly wire: Uint8Array;
}

export interface TransactionSize {
  /** Most that it can take on the wire. */
  readonly bytes: number;
  /** Different accounts and programs. */
  readonly addresses: number;
}

export interface TransactionFactory {
  /** Who signs and pays, base58; undefined while nothing may be sent. */
  readonly payer: string | undefined;
  size(roots: readonly RootToSettle[], form: TransactionForm): TransactionSize;
  /** Signed by the payer. */
  create(roots: readonly RootToSettle[], terms: TransactionTerms, payer: string): Promise<PublicationTransaction>;
  /** Not signed; for simulation. */
  createUnsigned(roots: readonly RootToSettle[], payer: string, terms: TransactionTerms): Uint8Array;
  /** The instruction and its accounts for a reader. */
  describe(root: RootToSettle, payer: string): string;
}

export interface Ledger {
  /**
   * Appends to the partition of the roots; resolves once the broker has them, with a lower bound of each row's offset, or with
   * undefined where another worker has taken the partition over and nothing was written.
   */
  append(partition: number, rows: readonly SettlementRecord[]): Promise<readonly bigint[] | undefined>;
}

export interface OffsetCommitter {
  /** Whether the partition is still this worker's, in the generation in which the lane was made. */
  owns(partition: number, generation: number): boolean;
  commit(partition: number, offset: bigint, metadata: string): Promise<void>;
}

/** Somebody who tells when a transaction is final. May tell late, never, or wrongly: it only makes the settler look sooner. */
export interface FinalityNotice {
  watch(signature: string): void;
  forget(signature: string): void;
}

export interface SettlerPorts {
  readonly chain: Chain;
  readonly transactions: TransactionFactory;
  readonly ledger: Ledger;
  readonly offsets: OffsetCommitter;
  /** Undefined where no policy needs it. */
  readonly evidence?: PolicyEvidence | undefined;
  /** What people have decided; kept up to date by its owner. Undefined: nobody decides anything. */
  readonly decisions?: DecisionBook | undefined;
  /** Undefined: transactions are only polled. */
  readonly notice?: FinalityNotice | undefined;
  /** Unix milliseconds. */
  now(): number;
  /** Told of everything worth a log line or a metric; must not throw. */
  observe(event: SettlerEvent): void;
}
