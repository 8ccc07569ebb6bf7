import type { OddNode } from '../merkle/levels.ts';
import type { Recipe } from '../merkle/recipes.ts';

/** What `format` says in every bundle of this shape. */
export const PROOF_BUNDLE_FORMAT = 'attention-oracle/proof-bundle/1';

/** A claim as JSON: address in base58, amount as decimal digits of a u64. */
export interface BundledClaim {
  readonly claimer: string;
  readonly index: number;
  readonly amount: string;
  readonly id: string;
}

/** A participation as JSON: the hash that stands for the user, 64 hexadecimal digits. */
export interface BundledParticipation {
  readonly userHash: string;
  readonly index: number;
}

/** The form of the tree: with it, the place of a leaf tells which siblings its proof must have. */
export interface BundledTree {
  readonly leafCount: number;
  readonly oddNode: OddNode;
}

/** What a listener says of the transaction: it saw it and stands by it; took it back; has proven its slot without it; nobody knows. */
export type ListenerVerdict = 'seen' | 'taken_back' | 'not_seen' | 'unknown';

/** The transaction that put the root on chain, as listeners saw it there. */
export interface BundledReceipt {
  /** 64 hexadecimal digits. */
  readonly root: string;
  /** Base58. */
  readonly signature: string;
  /** Decimal digits of a u64. */
  readonly slot: string;
  /** Unix seconds of the block; null where no node told. */
  readonly blockTime: string | null;
  /** Of the whole transaction, which may carry several roots; null where the ledger does not tell. */
  readonly feeLamports: string | null;
  /** Who saw it, and where the record stands in ao.stream-events.v1. */
  readonly seenBy: readonly {
    readonly listener: string;
    readonly partition: number;
    /** Null where it was not kept. */
    readonly offset: string | null;
  }[];
  /** Of every endpoint through which a listener has proven the slot. */
  readonly verdicts: readonly {
    readonly listener: string;
    /** Host. */
    readonly endpoint: string;
    readonly method: string;
    readonly verdict: ListenerVerdict;
  }[];
}

interface BundleBase {
  readonly format: typeof PROOF_BUNDLE_FORMAT;
  readonly recipe: Recipe;
  readonly channel: string;
  /** Decimal digits of a u64. */
  readonly epoch: string;
  /** Siblings from the leaf up, 64 hexadecimal digits each. */
  readonly proof: readonly string[];
  /** 64 hexadecimal digits. */
  readonly root: string;
  /** Absent in bundles of older versions, whose proofs are taken at any height. */
  readonly tree?: BundledTree;
  /** Signature in base58 of the transaction that put the root on chain; null while there is none. */
  readonly settlementSignature: string | null;
  /** Absent until listeners have seen the root on chain, and in bundles of older versions. */
  readonly receipt?: BundledReceipt;
}

/**
 * All that is needed to check one claim against a root, as plain JSON: to keep, to send, to verify offline. The JSON
 * Schema is proof-bundle.schema.json of this package.
 */
export type ProofBundle =
  | (BundleBase & { readonly recipe: 'claim-v0' | 'claim-v1'; readonly claim: BundledClaim })
  | (BundleBase & { readonly recipe: 'participation'; readonly participation: BundledParticipation });
