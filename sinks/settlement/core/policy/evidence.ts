/** Where policies see what neither ring nor ledger shows. Every call may fail: then nobody knows, and the root is held. */

import type { RootToSettle } from '../root-job.ts';
import type { PipelineView } from './policy.ts';

/** A root in a ring of the mint. */
export interface RingDebt {
  readonly channel: string;
  readonly epoch: bigint;
  /** 64 lower-case hex digits. */
  readonly root: string;
  /** Base units that can still be claimed from it. */
  readonly owed: bigint;
}

/** A slot of a ring that holds a root. */
export interface OwingSlot {
  readonly epoch: bigint;
  /** 64 lower-case hex digits. */
  readonly root: string;
  /** One bit a claim that was made, lowest bit first. */
  readonly claimed?: Uint8Array;
}

export interface MintBooks {
  /** Balance of the treasury's token account, base units. */
  readonly treasury: bigint;
  /** Of every ring of the mint. */
  readonly debts: readonly RingDebt[];
}

export interface PolicyEvidence {
  /** Base units that can be claimed from a root once it is published: those of the claims that a ring slot can mark. */
  payout(root: RootToSettle): Promise<bigint>;
  /** Base units that can still be claimed from the root in a slot of a channel's ring. */
  owed(channel: string, slot: OwingSlot): Promise<bigint>;
  books(): Promise<MintBooks>;
  pipeline(root: RootToSettle): Promise<PipelineView>;
}
