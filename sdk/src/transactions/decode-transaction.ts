import { AttentionOracleError } from '../errors.ts';
import { programErrorFrom } from '../program/program-errors.ts';
import { PROGRAM_ID } from '../program/program-id.ts';
import { countAt, incomplete, malformed, objectAt } from './malformed.ts';
import { readProgramEvents } from './program-events.ts';
import { readTransactionForm } from './transaction-form.ts';
import type { DecodedTransaction, ProgramEvent, TransactionProgramError } from './transaction-types.ts';

/** Options of {@link decodeTransaction}. */
export interface DecodeTransactionOptions {
  /** Program whose instructions are wanted (base58); the Attention Oracle by default. */
  programId?: string;
}

/**
 * Reads a `getTransaction` answer (encoding json, jsonParsed or base64; legacy, version 0 or version 1) into the program's
 * events. Pure: nothing is fetched, and an instruction that cannot be decoded becomes an event named `unknown`.
 *
 * @throws AttentionOracleError TRANSACTION_NOT_FOUND (the answer is null: not there yet, ask again),
 *   TRANSACTION_META_MISSING, TRANSACTION_INCOMPLETE (a part is not there that may hold instructions: ask another node),
 *   TRANSACTION_MALFORMED, TRANSACTION_VERSION_UNSUPPORTED
 * @example
 * const { events, succeeded } = decodeTransaction(answer);
 * if (succeeded) for (const event of events) if (event.action === 'claim') count(event);
 */
export function decodeTransaction(response: unknown, options: DecodeTransactionOptions = {}): DecodedTransaction {
  const answer = present(response);
  const meta = metaOf(answer);
  const form = readTransactionForm(answer, meta);
  const feePayer = form.keys[0];
  if (feePayer === undefined) throw malformed('transaction.message.accountKeys', 'at least the fee payer');
  const error = meta.err ?? null;
  const events = readProgramEvents(form, innerOf(meta, error === null), options.programId ?? PROGRAM_ID);
  return {
    signature: form.signature,
    slot: countAt(answer.slot, 'slot'),
    blockTime: typeof answer.blockTime === 'number' ? answer.blockTime : null,
    version: form.version,
    succeeded: error === null,
    error,
    programError: error === null ? null : ownError(error, events),
    feePayer,
    signers: form.signers,
    accountKeys: [...form.keys],
    feeLamports: BigInt(countAt(meta.fee, 'meta.fee')),
    computeUnits: typeof meta.computeUnitsConsumed === 'number' ? meta.computeUnitsConsumed : null,
    events,
  };
}

function present(response: unknown): Readonly<Record<string, unknown>> {
  if (response === null || response === undefined) {
    throw new AttentionOracleError(
      'TRANSACTION_NOT_FOUND',
      'the node does not have this transaction yet: ask again, and do not advance past it',
    );
  }
  return objectAt(response, 'response');
}

function metaOf(answer: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (answer.meta !== null && answer.meta !== undefined) return objectAt(answer.meta, 'meta');
  throw new AttentionOracleError(
    'TRANSACTION_META_MISSING',
    'the answer has no meta, so whether the transaction succeeded is not known: ask another node',
    { slot: answer.slot },
  );
}

/**
 * null means that the node does not record the calls of programs. A transaction that failed may not have run at all, and
 * then has none.
 */
function innerOf({ innerInstructions }: Readonly<Record<string, unknown>>, succeeded: boolean): unknown {
  if (innerInstructions !== null && innerInstructions !== undefined) return innerInstructions;
  if (!succeeded) return [];
  throw incomplete('meta.innerInstructions', 'the node does not record calls between programs');
}

/** A custom number is ours only if the failing top-level instruction is, or calls, the program. */
function ownError(error: unknown, events: readonly ProgramEvent[]): TransactionProgramError | null {
  const found = programErrorFrom(error);
  if (found === null || found.instructionIndex === null) return null;
  const { code, name, instructionIndex } = found;
  return events.some((event) => event.outerIndex === instructionIndex) ? { code, name, instructionIndex } : null;
}
