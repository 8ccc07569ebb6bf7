import type { Address } from '../accounts/account.ts';

/** A transaction that was executed, with all that answers about it need. */
export type TransactionRecord = {
  slot: number;
  /** Unix seconds of its block; null where a recording has none. */
  blockTime: number | null;
  /** 64 bytes: the first signature. */
  signature: Uint8Array;
  /** Base58 of the signature. */
  id: string;
  /** JSON of the transaction error; "null" when it succeeded. */
  errorText: string;
  memo: string | null;
  wire: Uint8Array;
  /** JSON of `meta`. */
  metaText: string;
  accountKeys: readonly Address[];
};

/** What getSignaturesForAddress tells about a transaction. */
export type SignatureRow = Pick<TransactionRecord, 'slot' | 'blockTime' | 'errorText' | 'memo'> & { id: string };
