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
}

/**
 * All that is needed to check one claim against a root, as plain JSON: to keep, to send, to verify offline. The JSON
 * Schema is proof-bundle.schema.json of this package.
 */
export type ProofBundle =
  | (BundleBase & { readonly recipe: 'claim-v0' | 'claim-v1'; readonly claim: BundledClaim })
  | (BundleBase & { readonly recipe: 'participation'; readonly participation: BundledParticipation });
