/** Where policies see what neither ring nor ledger shows. Every call may fail: then nobody knows, and the root is held. */

import type { RootToSettle } from '../root-job.ts';
import type { PipelineView, Publisher } from './policy.ts';

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

/** A root that a worker has let go: the treasury's money is promised to it, also while no ring shows it. */
export interface PromisedRoot {
  readonly channel: string;
  readonly epoch: bigint;
  /** 64 lower-case hex digits. */
  readonly root: string;
  /** Base units that it lets be claimed. */
  readonly amount: bigint;
}

/** What whoever promises says of the promises of all workers. */
export interface PromiseTerms {
  /** Whether the finalised rings show it, or what came after it in its place. */
  isShown(promised: PromisedRoot): boolean;
  /** Whether the treasury would do beside these. */
  fits(others: readonly PromisedRoot[]): boolean;
}

export interface PolicyEvidence {
  /** Base units that can be claimed from a root once it is published: those of the claims that a ring slot can mark. */
  payout(root: RootToSettle): Promise<bigint>;
  /** Base units that can still be claimed from the root in a slot of a channel's ring. */
  owed(channel: string, slot: OwingSlot): Promise<bigint>;
  books(): Promise<MintBooks>;
  /**
   * Writes a promise to the record that all workers of the mint share where it fits, and takes a former one of the same root away where it does
   * not; one worker at a time, so that no two count on the same money.
   * @returns The promises of other roots.
   */
  promise(mine: PromisedRoot, terms: PromiseTerms): Promise<readonly PromisedRoot[]>;
  /** Takes the promises of a root, and of those behind it of its channel, away: it is held after all, and they wait behind it. */
  withdraw(root: RootToSettle): Promise<void>;
  pipeline(root: RootToSettle): Promise<PipelineView>;
  publisher(): Promise<Publisher>;
}
