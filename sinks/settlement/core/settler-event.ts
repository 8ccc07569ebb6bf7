/** What the settler tells those who log and measure. */

import type { EvictedRoot, Known, SolvencyView } from './policy/policy.ts';
import type { RingAlarm } from './ring-alarm.ts';
import type { RootToSettle } from './root-job.ts';
import type { TransactionForm } from './transaction-form.ts';

export type SettlerEvent =
  | {
      readonly kind: 'attempt';
      readonly root: RootToSettle;
      readonly attempt: number;
      readonly signature: string;
      readonly form: TransactionForm;
    }
  | { readonly kind: 'confirmed'; readonly root: RootToSettle; readonly signature: string; readonly slot: number }
  | {
      readonly kind: 'finalized';
      readonly root: RootToSettle;
      readonly signature: string;
      readonly slot: number;
      readonly feeLamports: bigint | null;
      readonly latencyMs: number;
    }
  | { readonly kind: 'alreadySettled'; readonly root: RootToSettle }
  | {
      readonly kind: 'failed';
      readonly root: RootToSettle;
      readonly signature: string;
      readonly code: string;
      readonly reason: string;
    }
  | { readonly kind: 'held'; readonly root: RootToSettle; readonly code: string; readonly reason: string }
  | { readonly kind: 'conflict'; readonly root: RootToSettle; readonly code: string; readonly reason: string }
  | { readonly kind: 'postponed'; readonly root: RootToSettle; readonly code: string; readonly reason: string }
  /** A root is about to be published: what the mint owes with it, and what it evicts. */
  | {
      readonly kind: 'promised';
      readonly root: RootToSettle;
      readonly solvency: Known<SolvencyView>;
      readonly evicted: EvictedRoot | undefined;
    }
  /** A ring does not hold what the ledger says, or something else. */
  | { readonly kind: 'ringAlarm'; readonly alarm: RingAlarm; readonly signer: string | undefined }
  | { readonly kind: 'rpcAnswered' }
  | {
      readonly kind: 'rpcFailed';
      readonly call: string;
      readonly error: unknown;
      /** Pause of every call; 0 when only this call is in trouble. */
      readonly retryInMs: number;
      /** Whether the node answers a simple question all the same. */
      readonly nodeAnswers: boolean;
    }
  /** FINALIZED or FAILED is written without its fee. */
  | { readonly kind: 'costUnknown'; readonly signature: string }
  /** A transaction of version 1 came to nothing though the cluster takes them; legacy ones are sent until then, Unix milliseconds. */
  | { readonly kind: 'formRefused'; readonly error: unknown; readonly untilMs: number }
  | { readonly kind: 'sendFailed'; readonly signature: string; readonly error: unknown }
  | { readonly kind: 'commitFailed'; readonly partition: number; readonly error: unknown }
  | { readonly kind: 'committed'; readonly partition: number; readonly offset: bigint }
  | { readonly kind: 'balance'; readonly lamports: bigint };
