/** Fields of JSON that somebody else wrote, checked one by one; whatever is not of its form throws BUNDLE_INVALID with the field's path. */

import { base58Decode, U64_MAX } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';

const HASH_DIGITS = /^[0-9a-fA-F]{64}$/;
const U64_DIGITS = /^(0|[1-9][0-9]{0,19})$/;

export type Fields = Readonly<Record<string, unknown>>;

export function invalid(field: string, problem: string, cause?: unknown): AttentionOracleError {
  return new AttentionOracleError('BUNDLE_INVALID', `proof bundle: ${field} ${problem}`, { field }, { cause });
}

export function fieldsOf(value: unknown, field: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(field, 'must be an object');
}

export function text(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  throw invalid(field, 'must be text');
}

export function u64(value: unknown, field: string): string {
  if (typeof value === 'string' && U64_DIGITS.test(value) && BigInt(value) <= U64_MAX) return value;
  throw invalid(field, 'must be the decimal digits, as text, of a number from 0 to 2^64-1');
}

export function u32(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) return value;
  throw invalid(field, 'must be an integer from 0 to 2^32-1');
}

export function hash(value: unknown, field: string): string {
  if (typeof value === 'string' && HASH_DIGITS.test(value)) return value.toLowerCase();
  throw invalid(field, 'must be 64 hexadecimal digits, without 0x');
}

export function base58(value: unknown, byteCount: number, field: string): string {
  const encoded = text(value, field);
  try {
    if (base58Decode(encoded).length === byteCount) return encoded;
  } catch (cause) {
    throw invalid(field, 'must be base58', cause);
  }
  throw invalid(field, `must be the base58 of ${byteCount} bytes`);
}

/** A list of at most so many. */
export function list(value: unknown, most: number, field: string): unknown[] {
  if (Array.isArray(value) && value.length <= most) return value;
  throw invalid(field, `must be a list of at most ${most}`);
}
