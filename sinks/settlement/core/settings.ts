/** Figures and switches of the settler. */

import type { PriorityFeePolicy } from './fees.ts';
import type { PolicySettings } from './policy/policies.ts';

export interface SettlerSettings {
  /** False: nothing is sent; what would be sent is written to the ledger once a root. */
  readonly autoPublish: boolean;
  /** Id of this worker in ledger rows. */
  readonly worker: string;
  readonly maxRootsPerTransaction: number;
  /** Whether version 1 transactions may be sent where the cluster takes them. */
  readonly version1: boolean;
  /** How long a new root waits for others to share its transaction. */
  readonly lingerMs: number;
  /** Pause between looks at transactions under way. */
  readonly pollMs: number;
  readonly rebroadcastMs: number;
  readonly holdRetryMs: number;
  readonly priorityFee: PriorityFeePolicy;
  /** Transactions of one root that may fail on chain, each paid for, before it is held. */
  readonly maxFailures: number;
  /** Fees that the failed transactions of one root may cost before it is held. */
  readonly maxLostLamports: bigint;
  readonly policies: PolicySettings;
  /** Channel, or `*` for each, to the last epoch that is given up when the chain refuses it. */
  readonly giveUp: ReadonlyMap<string, bigint>;
}

/** Whether an operator gave up the refused roots of a channel up to this epoch. */
export function isGivenUp({ giveUp }: Pick<SettlerSettings, 'giveUp'>, channel: string, epoch: bigint): boolean {
  return [giveUp.get(channel), giveUp.get('*')].some((upTo) => upTo !== undefined && epoch <= upTo);
}
