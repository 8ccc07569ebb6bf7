import { AttentionOracleError } from '../errors.ts';
import { toU32, toU64 } from '../merkle/integers.ts';
import type { FieldType } from './instruction-table.ts';

const utf8 = new TextEncoder();

/**
 * Borsh bytes of one argument.
 * @throws AttentionOracleError ARGUMENT_INVALID, U64_OUT_OF_RANGE and the like, naming the field.
 */
export function borshBytes(type: FieldType, value: unknown, field: string): Uint8Array {
  switch (type) {
    case 'string':
      return sized(utf8.encode(wellFormed(value, field)));
    case 'u32':
      return little(4, (view) => view.setUint32(0, toU32(value as number, field), true));
    case 'u64':
      return little(8, (view) => view.setBigUint64(0, toU64(value as bigint, field), true));
    case 'bool':
      if (typeof value !== 'boolean') throw invalid(field, 'true or false');
      return Uint8Array.of(value ? 1 : 0);
    case 'hash':
      return hash(value, field);
    case 'hashes':
      if (!Array.isArray(value)) throw invalid(field, 'an array of 32-byte Uint8Arrays');
      return concatBytes([
        little(4, (view) => view.setUint32(0, value.length, true)),
        ...value.map((node: unknown, i) => hash(node, `${field}[${i}]`)),
      ]);
  }
}

/** The parts one after the other. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** A lone surrogate would be written as U+FFFD, so another name than the caller's. */
function wellFormed(value: unknown, field: string): string {
  if (typeof value !== 'string') throw invalid(field, 'a string');
  if (/\p{Surrogate}/u.test(value)) throw invalid(field, 'a string without lone surrogates');
  return value;
}

function hash(value: unknown, field: string): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== 32) throw invalid(field, 'a Uint8Array of 32 bytes');
  return value;
}

function sized(bytes: Uint8Array): Uint8Array {
  return concatBytes([little(4, (view) => view.setUint32(0, bytes.length, true)), bytes]);
}

function little(length: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length);
  write(new DataView(bytes.buffer));
  return bytes;
}

function invalid(field: string, expected: string): AttentionOracleError {
  return new AttentionOracleError('ARGUMENT_INVALID', `${field} must be ${expected}`, { field });
}
