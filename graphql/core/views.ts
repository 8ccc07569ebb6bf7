/** What the store gives and the resolvers serve: rows with exact numbers, before the schema's shape. */

import type { ClaimStatus, OddNode, RootStatus, SettlementStatus } from '../schema-types.generated.ts';

/** A root's tree, and what a proof of it says: read together with its claims. */
export interface TreeView {
  readonly rowId: number;
  readonly channel: string;
  readonly epoch: bigint;
  readonly root: string;
  readonly count: number;
  readonly recipe: string;
  readonly oddNode: OddNode;
  readonly startSlot: bigint;
  readonly endSlot: bigint;
  readonly status: RootStatus;
  readonly signature: string | null;
  readonly treeBuilt: boolean;
}

export interface ClaimView {
  readonly rowId: number;
  /** The root that it is a leaf of; null until that is finalised. */
  readonly tree: TreeView | null;
  readonly eventId: string;
  readonly channel: string;
  readonly user: string;
  readonly epoch: bigint;
  readonly claimedEpoch: bigint | null;
  readonly amount: bigint;
  readonly id: string;
  readonly slot: bigint;
  readonly signature: string;
  readonly claimedAt: Date | null;
  readonly status: ClaimStatus;
  readonly index: number | null;
}

export interface RootView extends TreeView {
  readonly finalizedAt: Date;
  readonly settledAt: Date | null;
  /** The listener has seen these very bytes on chain. */
  readonly seenOnChain: boolean;
  /** Of an item of a subscription. */
  readonly cursor?: string;
}

/** A leaf with its proof; what the chain says of it is asked where a client wants to know. */
export interface ProofView {
  readonly channel: string;
  readonly epoch: bigint;
  readonly index: number;
  readonly user: string;
  readonly amount: bigint;
  readonly id: string;
  readonly leaf: string;
  readonly proof: readonly string[];
  readonly root: string;
  readonly recipe: string;
  readonly oddNode: OddNode;
  /** First and last slot of the epoch. */
  readonly startSlot: bigint;
  readonly endSlot: bigint;
  readonly settled: boolean;
  readonly signature: string | null;
}

export interface SettlementStepView {
  readonly channel: string;
  readonly epoch: bigint;
  readonly root: string;
  readonly status: SettlementStatus;
  readonly attempt: number;
  readonly signature: string | null;
  readonly slot: bigint | null;
  readonly feeLamports: bigint | null;
  readonly reason: string | null;
  readonly at: Date;
  /** Of an item of a subscription. */
  readonly cursor?: string;
}

export interface EpochView {
  readonly epoch: bigint;
  readonly startSlot: bigint;
  readonly endSlot: bigint;
  readonly finalizedAt: Date | null;
}

export interface CoverageView {
  readonly source: string;
  readonly fromSlot: bigint;
  readonly toSlot: bigint;
  readonly method: string;
}

export interface IngestedClaimView {
  readonly eventId: string;
  readonly channel: string;
  readonly user: string;
  readonly amount: bigint;
  readonly id: string;
  readonly slot: bigint;
  readonly signature: string;
  readonly commitment: string;
  readonly retracted: boolean;
}
