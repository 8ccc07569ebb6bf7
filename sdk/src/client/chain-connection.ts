/** How sure an answer must be. */
export type Commitment = 'processed' | 'confirmed' | 'finalized';

/** Anything that names an address in base58, such as a PublicKey. */
export interface Base58Address {
  toBase58(): string;
}

/** A signature's state, as getSignatureStatuses gives it. */
export interface ChainSignatureStatus {
  err: unknown;
  confirmationStatus?: Commitment | undefined;
}

/**
 * What the client asks of a chain. A web3.js `Connection` is one; a test may give its own.
 */
export interface ChainConnection {
  getAccountInfo(
    address: Base58Address,
    commitment?: Commitment,
  ): Promise<{ data: Uint8Array; owner: Base58Address } | null>;
  getLatestBlockhash(commitment?: Commitment): Promise<{ blockhash: string; lastValidBlockHeight: number }>;
  getBlockHeight(commitment?: Commitment): Promise<number>;
  /** Slot and block height of one node, together: without it nobody can show that a transaction has expired. */
  getEpochInfo?(commitment?: Commitment): Promise<{ absoluteSlot: number; blockHeight?: number }>;
  sendRawTransaction(
    transaction: Uint8Array,
    options?: { skipPreflight?: boolean; preflightCommitment?: Commitment; maxRetries?: number },
  ): Promise<string>;
  getSignatureStatuses(
    signatures: string[],
    config?: { searchTransactionHistory: boolean },
  ): Promise<{ context?: { slot: number }; value: (ChainSignatureStatus | null)[] }>;
}
