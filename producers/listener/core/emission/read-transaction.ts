/**
 * The transaction behind a finalised signature, from whichever endpoint gives the whole of it. An answer that lacks a part,
 * makes no sense or contradicts the signature's row is no transaction: the other endpoints are asked.
 */

import { backoffMs } from '../../../../runtime/backoff.ts';
import { AppError, codeOf } from '../../../../runtime/errors.ts';
import type { ChainReader, Clock, Observer, SignatureRow } from '../ports.ts';
import type { TransactionEvents } from './stream-events.ts';

/** Tries, in a row, while a transaction is answered with null. */
const NULL_TRIES = 4;
const FIRST_RETRY_MS = 60;
const LONGEST_RETRY_MS = 1000;

export interface ReadingPorts {
  readonly chain: Pick<ChainReader, 'endpoints' | 'transaction' | 'walkJudged'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: Pick<Observer, 'wrongAnswer'>;
  readonly signal: AbortSignal;
}

/** Transactions that came with a block. */
export interface GivenAnswers {
  readonly endpoint: string;
  /** Signature to the answer. */
  readonly answers: ReadonlyMap<string, unknown>;
}

/** What an endpoint gave that cannot be taken for the transaction. */
interface Complaint {
  readonly endpoint: string;
  readonly answer: unknown;
  readonly reason: unknown;
}

/** No endpoint gave an answer that can be taken for the transaction. */
export class Unreadable extends Error {
  /** Why the first answer cannot. */
  readonly reason: unknown;
  readonly answer: unknown;
  /** Whether every endpoint that may be asked gave this same answer, and all of it can be read but makes no sense. */
  readonly agreed: boolean;

  constructor(complaints: readonly [Complaint, ...Complaint[]], everybodyAnswered: boolean) {
    const [{ reason, answer }] = complaints;
    super('no readable answer', { cause: reason });
    this.reason = reason;
    this.answer = answer;
    const first = JSON.stringify(answer);
    const alike = complaints.every(
      (each) => codeOf(each.reason) === 'TRANSACTION_MALFORMED' && JSON.stringify(each.answer) === first,
    );
    this.agreed = everybodyAnswered && alike;
  }
}

/**
 * @param decode Throws what makes an answer no transaction.
 * @param given What came with the block; asked for where it is not among it.
 * @throws Unreadable; AppError TRANSACTION_NOT_FOUND (retryable), and what the chain throws.
 */
export async function readTransaction(
  ports: ReadingPorts,
  row: SignatureRow,
  decode: (answer: unknown) => TransactionEvents,
  given?: GivenAnswers,
): Promise<TransactionEvents> {
  const { chain, observer } = ports;
  if (given?.answers.has(row.signature) === true) {
    try {
      return matching(decode(given.answers.get(row.signature)), row, given.endpoint);
    } catch {
      // What came with the block is not whole: it is asked for like any other.
    }
  }
  const first = await ask(ports, row.signature);
  if (first.answer === null) throw notFound(row);
  const complaints: Complaint[] = [];
  const attempt = (endpoint: string, answer: unknown): TransactionEvents | undefined => {
    try {
      return matching(decode(answer), row, endpoint);
    } catch (reason) {
      complaints.push({ endpoint, answer, reason });
      return undefined;
    }
  };
  let found = attempt(first.endpoint, first.answer);
  let everybodyAnswered = true;
  for (const endpoint of found === undefined ? chain.endpoints() : []) {
    if (endpoint === first.endpoint) continue;
    const answer = await chain.transaction(row.signature, 'finalized', endpoint).then(
      (given) => given.answer,
      () => null,
    );
    if (answer === null) everybodyAnswered = false;
    else found = attempt(endpoint, answer);
    if (found !== undefined) break;
  }
  const [complaint, ...more] = complaints;
  if (found === undefined && complaint !== undefined) throw new Unreadable([complaint, ...more], everybodyAnswered);
  for (const { endpoint, reason } of complaints) {
    observer.wrongAnswer(endpoint, row.signature, reason);
    chain.walkJudged(endpoint, 1);
  }
  return found as TransactionEvents;
}

/** A back end that lags answers null: another one, or the same a little later, may have it. */
async function ask(
  { chain, clock, random, signal }: ReadingPorts,
  signature: string,
): ReturnType<ChainReader['transaction']> {
  for (let attempt = 1; ; attempt += 1) {
    const given = await chain.transaction(signature, 'finalized');
    if (given.answer !== null || attempt === NULL_TRIES) return given;
    await clock.sleep(backoffMs(attempt, FIRST_RETRY_MS, LONGEST_RETRY_MS, random), signal);
  }
}

/** @throws AppError ANSWER_CONTRADICTS when the answer is of another transaction than the row. */
function matching(transaction: TransactionEvents, row: SignatureRow, endpoint: string): TransactionEvents {
  const { signature, slot, failed } = row;
  if (transaction.signature === signature && transaction.slot === slot && transaction.failed === failed) {
    return transaction;
  }
  const told = `${transaction.signature} in slot ${transaction.slot}${transaction.failed ? ', failed' : ''}`;
  throw new AppError(
    'ANSWER_CONTRADICTS',
    `${endpoint} gives ${told} for ${signature}, which is listed in slot ${slot}${failed ? ' as failed' : ''}; the watermark waits until the answers agree.`,
    { retryable: true, context: { endpoint, signature, slot } },
  );
}

function notFound({ signature, slot }: SignatureRow): AppError {
  return new AppError('TRANSACTION_NOT_FOUND', 'The RPC server lists a signature but does not give its transaction.', {
    retryable: true,
    context: { signature, slot },
  });
}
