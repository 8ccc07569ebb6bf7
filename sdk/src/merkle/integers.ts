import { U64_MAX } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';

/** A u64 as bigint, or as a number where it is a safe integer. */
export type U64Input = bigint | number;

/**
 * The value as a bigint that fits an unsigned 64-bit integer.
 * @throws AttentionOracleError U64_OUT_OF_RANGE, with `field` in the context.
 */
export function toU64(value: U64Input, field: string): bigint {
  if (typeof value === 'bigint' ? value >= 0n && value <= U64_MAX : Number.isSafeInteger(value) && value >= 0) {
    return BigInt(value);
  }
  throw new AttentionOracleError(
    'U64_OUT_OF_RANGE',
    `${field} must be a bigint (or safe integer) from 0 to 2^64-1, not ${typeof value} ${String(value)}`,
    { field, value: String(value) },
  );
}

/**
 * The value, when it fits an unsigned 32-bit integer.
 * @throws AttentionOracleError U32_OUT_OF_RANGE, with `field` in the context.
 */
export function toU32(value: number, field: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) return value;
  throw new AttentionOracleError(
    'U32_OUT_OF_RANGE',
    `${field} must be an integer from 0 to 2^32-1, not ${String(value)}`,
    {
      field,
      value: String(value),
    },
  );
}
