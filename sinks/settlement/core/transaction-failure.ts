/** What a failed transaction or simulation means for the roots in it. */

import { programErrorByCode } from '@attention-oracle/sdk';
import type { Reason } from './reasons.ts';
import { FORM_LIMITS, type TransactionForm } from './transaction-form.ts';

export type FailureAction =
  /** Nothing changes by itself: say why, try again slowly. */
  | 'hold'
  /** Read the account again: it tells whether the root is there. */
  | 'recheck'
  /** Passing trouble of node or cluster. */
  | 'retry';

export interface TransactionFailure {
  readonly action: FailureAction;
  readonly reason: Reason;
  /** Position of the root that caused it; undefined when it concerns every root of the transaction. */
  readonly rootIndex: number | undefined;
}

const EPOCH_NOT_INCREASING = 6023;
/** Errors that concern signer or protocol, and so every root. */
const OF_ALL_ROOTS: ReadonlySet<number> = new Set([6000, 6005]);
/** The system program's ResultWithNegativeLamports, from creating the channel's account. */
const SYSTEM_LACKS_LAMPORTS = 1;
const TRANSIENT = new Set([
  'BlockhashNotFound',
  'AccountInUse',
  'ClusterMaintenance',
  'WouldExceedMaxBlockCostLimit',
  'WouldExceedMaxAccountCostLimit',
  'WouldExceedMaxVoteCostLimit',
  'WouldExceedAccountDataBlockLimit',
  'TooManyAccountLocks',
  'ResanitizationNeeded',
  'UnbalancedTransaction',
]);
const OUT_OF_FUNDS = new Set(['InsufficientFundsForFee', 'AccountNotFound', 'InsufficientFundsForRent']);

/**
 * @param error The node's TransactionError as JSON value.
 * @param rootCount Roots in the transaction.
 */
export function classifyFailure(error: unknown, rootCount: number, form: TransactionForm): TransactionFailure {
  const { name, detail } = variant(error);
  if (name === 'InstructionError' && Array.isArray(detail)) return ofInstruction(detail as unknown[], rootCount, form);
  if (OUT_OF_FUNDS.has(name)) return { action: 'hold', reason: outOfFunds(name), rootIndex: undefined };
  if (TRANSIENT.has(name) || name === 'AlreadyProcessed') {
    return {
      action: 'retry',
      reason: { code: upperSnake(name), text: `the cluster answered ${name}` },
      rootIndex: undefined,
    };
  }
  return { action: 'hold', reason: unexpected(error), rootIndex: undefined };
}

/** Whether the cluster refused the form itself, whatever is in the transaction. */
export function refusesForm(error: unknown): boolean {
  return ['UnsupportedVersion', 'SanitizeFailure'].includes(variant(error).name);
}

function ofInstruction([index, detail]: unknown[], rootCount: number, form: TransactionForm): TransactionFailure {
  const position = typeof index === 'number' ? index - FORM_LIMITS[form].instructionsBefore : -1;
  const rootIndex = position >= 0 && position < rootCount ? position : undefined;
  const { name, detail: code } = variant(detail);
  if (name === 'ComputationalBudgetExceeded' || name === 'ProgramFailedToComplete') {
    const reason = { code: 'COMPUTE_EXCEEDED', text: 'the compute limit was too low; it is simulated anew' };
    return { action: 'retry', reason, rootIndex: undefined };
  }
  if (name !== 'Custom' || typeof code !== 'number' || rootIndex === undefined) {
    return { action: 'hold', reason: unexpected(detail), rootIndex };
  }
  if (code === SYSTEM_LACKS_LAMPORTS) return { action: 'hold', reason: outOfFunds('Custom 1'), rootIndex: undefined };
  const known = programErrorByCode(code);
  const reason = {
    code: known === undefined ? `PROGRAM_${code}` : upperSnake(known.name),
    text: known === undefined ? `the program answered error ${code}` : `${known.meaning} (${code}); ${known.whatToDo}`,
  };
  if (code === EPOCH_NOT_INCREASING) return { action: 'recheck', reason, rootIndex };
  return { action: 'hold', reason, rootIndex: OF_ALL_ROOTS.has(code) ? undefined : rootIndex };
}

function outOfFunds(name: string): Reason {
  return { code: 'INSUFFICIENT_FUNDS', text: `the settlement key cannot pay (${name}); send it SOL` };
}

function unexpected(error: unknown): Reason {
  return { code: 'TRANSACTION_REFUSED', text: `the chain answered ${JSON.stringify(error)}; look the error up` };
}

/** A Rust enum as JSON: a bare name, or an object with the name as its one key. */
function variant(value: unknown): { name: string; detail: unknown } {
  if (typeof value === 'string') return { name: value, detail: undefined };
  const [entry] = typeof value === 'object' && value !== null ? Object.entries(value as Record<string, unknown>) : [];
  return { name: entry?.[0] ?? '', detail: entry?.[1] };
}

function upperSnake(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}
