import type { Commitment } from './chain-connection.ts';

/** A signed transaction just before it is sent: what a durable sender writes down first. */
export interface SignedTransaction {
  /** Base58; known before sending. */
  signature: string;
  /** Above this block height the transaction can no longer land. */
  lastValidBlockHeight: number;
  rawTransaction: Uint8Array;
}

/** How a transaction is priced, sent and awaited. */
export interface SendOptions {
  /** Compute units the transaction may use; the chain's default (200,000 an instruction) when left out. */
  computeUnitLimit?: number;
  /** Priority fee in millionths of a lamport a compute unit; none when left out. */
  computeUnitPriceMicroLamports?: number;
  /** When a transaction counts as done; `finalized` by default. */
  commitment?: Commitment;
  /** Send without the node's simulation. */
  skipPreflight?: boolean;
  /** Called, and awaited, after signing and before sending. */
  onSigned?: (transaction: SignedTransaction) => void | Promise<void>;
  /** Time between looks at the signature, default 1,000. */
  pollIntervalMs?: number;
  /** Time between sendings of the same bytes until they land, default 2,000. */
  rebroadcastIntervalMs?: number;
  /** Stops waiting; the transaction may still land. */
  abortSignal?: AbortSignal;
}
