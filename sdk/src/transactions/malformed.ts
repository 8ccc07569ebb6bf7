import { AttentionOracleError } from '../errors.ts';

/** An answer that is no transaction of any known form. `where` names the place, such as `meta.fee`. */
export function malformed(where: string, expected: string): AttentionOracleError {
  return new AttentionOracleError(
    'TRANSACTION_MALFORMED',
    `${where}: expected ${expected}. Pass the result of getTransaction with encoding json, jsonParsed or base64`,
    { where },
  );
}

/** An answer that lacks a part in which the program's instructions may stand: what is in it is unknown, not nothing. */
export function incomplete(where: string, why: string): AttentionOracleError {
  return new AttentionOracleError(
    'TRANSACTION_INCOMPLETE',
    `the answer has no ${where}: ${why}, so which instructions ran is not known: ask another node`,
    { where },
  );
}

/** @throws AttentionOracleError TRANSACTION_MALFORMED unless the value is an object. */
export function objectAt(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw malformed(where, 'an object');
  return value as Readonly<Record<string, unknown>>;
}

/** @throws AttentionOracleError TRANSACTION_MALFORMED unless the value is an array. */
export function arrayAt(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(where, 'an array');
  return value;
}

/** @throws AttentionOracleError TRANSACTION_MALFORMED unless the value is a string. */
export function stringAt(value: unknown, where: string): string {
  if (typeof value !== 'string') throw malformed(where, 'a string');
  return value;
}

/** @throws AttentionOracleError TRANSACTION_MALFORMED unless the value is an integer from 0 that a number holds exactly. */
export function countAt(value: unknown, where: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw malformed(where, 'a whole number');
  return value as number;
}
