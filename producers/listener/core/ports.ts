/** What the core asks of the world: a chain to read, a log to write, a clock. Handed in, so that all of it can be simulated. */

import type { Cursor, SlotWatermark, StreamEvent } from '../../../schemas/records.ts';

export interface Clock {
  /** Milliseconds; only differences matter. */
  nowMs(): number;
  /** @throws the signal's reason when it fires first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** A row of getSignaturesForAddress. */
export interface SignatureRow {
  readonly signature: string;
  readonly slot: number;
  readonly failed: boolean;
  /** Unix seconds. */
  readonly blockTime: number | null;
}

/** One answer of getSignaturesForAddress, newest row first unless the server errs. */
export interface SignaturePage {
  readonly rows: readonly SignatureRow[];
  /** Host that answered. */
  readonly endpoint: string;
  /** Slot that the answering back end is known to have finalised; undefined where it gave no sign of it. */
  readonly viewSlot: number | undefined;
}

export interface PageQuery {
  /** Rows older than this signature only. */
  readonly before: string | undefined;
  /** Slot that the answering node must have finalised. */
  readonly minContextSlot: number;
  /** The endpoint to ask: a walk is one endpoint's word. */
  readonly endpoint: string;
}

/** What an endpoint gave for a signature. */
export interface TransactionAnswer {
  /** JSON; null while the node does not have it. */
  readonly answer: unknown;
  readonly endpoint: string;
}

/** A transaction of a block that names the program. */
export interface BlockTransaction {
  readonly row: SignatureRow;
  /** As getTransaction would give it. */
  readonly answer: unknown;
}

/** A block, with those of its transactions that name the program. */
export interface Block {
  readonly slot: number;
  readonly parentSlot: number;
  readonly blockhash: string;
  readonly previousBlockhash: string;
  readonly transactions: readonly BlockTransaction[];
}

/** What an endpoint says of its chain. */
export interface EndpointFacts {
  readonly endpoint: string;
  /** Base58; null where it does not say. */
  readonly genesisHash: string | null;
  /** First slot of which it holds history; undefined where it does not say. */
  readonly firstSlot: number | undefined;
}

/** What an endpoint says of its consensus. */
export interface EndpointConsensus {
  readonly endpoint: string;
  /** Whether it has a genesis certificate of Alpenglow; undefined for a node that does not know the question. */
  readonly alpenglow: boolean | undefined;
  /** Whether what it had confirmed was final when it was asked right after. */
  readonly confirmedIsFinal: boolean;
}

export interface ChainReader {
  /** Asks every endpoint what it is; those that do not answer are left out. @throws AppError when none answers. */
  facts(): Promise<readonly EndpointFacts[]>;
  /** What each endpoint that may be asked says of the cluster's consensus; those that do not answer are left out. @throws AppError when none answers. */
  consensus(): Promise<readonly EndpointConsensus[]>;
  /** From now on only these endpoints are asked anything but `facts`. */
  admit(endpoints: readonly string[]): void;
  finalizedSlot(): Promise<{ readonly slot: number; readonly endpoint: string }>;
  /** A page at commitment finalized. @throws AppError, retryable or not. */
  signatures(query: PageQuery): Promise<SignaturePage>;
  /** The newest page at commitment confirmed. */
  newestConfirmed(): Promise<readonly SignatureRow[]>;
  /** Every endpoint that was configured. */
  configured(): readonly string[];
  /** Hosts that may be asked now, the healthiest first. */
  endpoints(): readonly string[];
  /**
   * A getTransaction answer.
   * @param only The endpoint to ask; without it the healthiest is, and where that has nothing, another one.
   * @throws AppError TRANSACTION_VERSION_UNSUPPORTED, RPC_*.
   */
  transaction(signature: string, commitment: 'confirmed' | 'finalized', only?: string): Promise<TransactionAnswer>;
  /** Where a transaction stands, looked up with history; null when the node has never seen it. */
  signatureStatus(signature: string): Promise<{ readonly slot: number; readonly finalized: boolean } | null>;
  /** Slots with a finalised block, ascending; both ends inclusive. @throws AppError RPC_METHOD_MISSING where it serves none. */
  blockSlots(fromSlot: number, toSlot: number, endpoint: string): Promise<readonly number[]>;
  /** @throws AppError RPC_INCOMPLETE, RPC_*. */
  block(slot: number, endpoint: string): Promise<Block>;
  /** Unix seconds of a block; null for a skipped slot or where the node does not know. */
  blockTime(slot: number): Promise<number | null>;
  /** Tells the health score how many rows an endpoint's walks left out that others showed; 0 for a good walk. */
  walkJudged(endpoint: string, omittedRows: number): void;
}

export interface DeadLetter {
  readonly signature: string;
  readonly slot: number;
  /** The RPC answer as JSON text. */
  readonly raw: string;
  readonly error: unknown;
}

/** One thing to write. A watermark goes to every partition. */
export type LogRecord =
  | { readonly kind: 'event'; readonly event: StreamEvent }
  | { readonly kind: 'watermark'; readonly watermark: SlotWatermark }
  | { readonly kind: 'cursor'; readonly cursor: Cursor }
  | { readonly kind: 'deadLetter'; readonly letter: DeadLetter };

/** Partition of the event topic to the offset at which this transaction's records begin. */
export type BaseOffsets = ReadonlyMap<number, number>;

export interface EventLog {
  /** All or nothing. @throws AppError TRANSACTION_FAILED (outcome unknown: `recover`), PRODUCER_FENCED (give up). */
  commit(records: readonly LogRecord[]): Promise<BaseOffsets>;
}

/** A record of the event topic written by this listener, as read back. */
export interface OwnRecord {
  readonly partition: number;
  readonly offset: number;
  readonly content:
    | { readonly kind: 'event'; readonly event: StreamEvent }
    | { readonly kind: 'watermark'; readonly watermark: SlotWatermark };
}

/** Things that happen, for logs and metrics. Never awaited. */
export interface Observer {
  eventsWritten(events: readonly StreamEvent[], outcome: EventOutcome, timing: WriteTiming): void;
  retracted(signature: string, slot: number): void;
  gap(kind: GapKind, signature: string, slot: number): void;
  deadLettered(signature: string, slot: number, error: unknown): void;
  watermarkWritten(slot: number, blockTime: number): void;
  /** The watermark cannot pass this slot; `error` says why. Called on each try. */
  blocked(slot: number | undefined, error: unknown): void;
  liveDropped(reason: 'queue-full' | 'not-found' | 'failed', signature: string, slot: number): void;
  /** An endpoint's answer was wrong or had a part missing, or it is not of this chain; another endpoint is believed. */
  wrongAnswer(endpoint: string, signature: string | undefined, error: unknown): void;
  /** Live and finalised decoding of one transaction differ. */
  contentDiffers(signature: string, slot: number): void;
}

/**
 * missed-by-live: final, and never seen by the subscription though it was up. omitted-by-walks: final, and shown by no walk.
 * below-watermark: shown below a watermark that was written before: the watermark was wrong.
 */
export const GAP_KINDS = ['missed-by-live', 'omitted-by-walks', 'below-watermark'] as const;
export type GapKind = (typeof GAP_KINDS)[number];

export type EventOutcome = 'live' | 'reconciled';

export interface WriteTiming {
  /** When the notification came; undefined on the reconciling path. */
  readonly noticedAtMs: number | undefined;
  readonly acknowledgedAtMs: number;
}
