/** Avro logical types of the schemas: u64 (decimal string to bigint) and timestamp-millis (long to number). */

import avro from 'avsc';

const MAX_U64 = 2n ** 64n - 1n;

/** @throws Error when the text is no decimal number from 0 to 2^64 - 1. */
function u64FromText(text: unknown): bigint {
  const number = typeof text === 'string' && /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
  if (number < 0n || number > MAX_U64) throw new Error(`not an unsigned 64-bit integer: ${String(text)}`);
  return number;
}

/** From the value of the underlying type to ours, by logical type. */
export const FROM_UNDERLYING: Readonly<Record<string, (value: unknown) => unknown>> = {
  u64: u64FromText,
  'timestamp-millis': (value) => value,
};

/** Unsigned 64-bit integer, as decimal text on the wire so that every Avro reader keeps it exactly. A bigint here. */
export class U64LogicalType extends avro.types.LogicalType {
  protected override _fromValue(value: unknown): bigint {
    return u64FromText(value);
  }

  protected override _toValue(value: unknown): string | undefined {
    return typeof value === 'bigint' && value >= 0n && value <= MAX_U64 ? value.toString() : undefined;
  }

  protected override _resolve(type: avro.Type): ((value: unknown) => bigint) | undefined {
    // A writer of the same logical type hands over what it has converted already.
    if (avro.Type.isType(type, 'logical:u64')) return (value) => value as bigint;
    return avro.Type.isType(type, 'string') ? u64FromText : undefined;
  }
}

/** Milliseconds since the Unix epoch, a number. */
export class TimestampMillisLogicalType extends avro.types.LogicalType {
  protected override _fromValue(value: unknown): unknown {
    return value;
  }

  protected override _toValue(value: unknown): number | undefined {
    return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
  }

  protected override _resolve(type: avro.Type): ((value: unknown) => unknown) | undefined {
    return avro.Type.isType(type, 'long', 'int', 'logical:timestamp-millis') ? (value) => value : undefined;
  }
}
