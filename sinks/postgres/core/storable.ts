/** Values that PostgreSQL can hold: what cannot be stored is told apart before a transaction, as a dead letter. */

import { AppError } from '../../../runtime/errors.ts';

const LAST_SECOND = 253_402_300_799;

/** Text without a NUL character, which PostgreSQL's text types refuse. @throws AppError RECORD_UNSTORABLE */
export function storableText(text: string, field: string): string {
  if (!text.includes('\0')) return text;
  throw unstorable(field, 'it contains a NUL character, which the database cannot store');
}

/** A whole number from 0 that JavaScript and a bigint column hold exactly. @throws AppError RECORD_UNSTORABLE */
export function wholeBigint(value: number | bigint, field: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw unstorable(field, `${value} is not between 0 and 2^53 - 1`);
}

/** Unix seconds as ISO 8601 in UTC; null where unknown. @throws AppError RECORD_UNSTORABLE */
export function timestampText(seconds: number | null): string | null {
  if (seconds === null) return null;
  if (seconds >= 0 && seconds <= LAST_SECOND) return new Date(seconds * 1000).toISOString();
  throw unstorable('blockTime', `${seconds} is not a time between 1970 and 9999`);
}

/** Milliseconds since the Unix epoch as ISO 8601 in UTC. @throws AppError RECORD_UNSTORABLE */
export function millisText(milliseconds: number, field: string): string {
  if (milliseconds >= 0 && milliseconds <= LAST_SECOND * 1000) return new Date(milliseconds).toISOString();
  throw unstorable(field, `${milliseconds} is not a time between 1970 and 9999`);
}

function unstorable(field: string, why: string): AppError {
  return new AppError('RECORD_UNSTORABLE', `The record's ${field} cannot be stored: ${why}.`, { context: { field } });
}
