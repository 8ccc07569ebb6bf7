/** The scalars of the schema: exact numbers, instants, addresses and hashes, each with a readable refusal. */

import { base58Decode } from '@attention-oracle/sdk';
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { PLAIN_TEXT } from './compiled/leaf-writer.ts';

/** None of their texts has anything to escape. */
const extensions = { [PLAIN_TEXT]: true };

const MAX_U64 = 2n ** 64n - 1n;

function refuse(expected: string): never {
  throw new GraphQLError(`Expected ${expected}.`, { extensions: { code: 'BAD_USER_INPUT' } });
}

/** @throws GraphQLError BAD_USER_INPUT */
export function parseU64(value: unknown): bigint {
  const text =
    typeof value === 'string' ? value : typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : '';
  const number = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
  return number >= 0n && number <= MAX_U64
    ? number
    : refuse('an unsigned 64-bit whole number, as decimal text or a JSON number up to 2^53');
}

/** Lower-case, without 0x. @throws GraphQLError BAD_USER_INPUT */
export function parseHash(value: unknown): string {
  const digits = typeof value === 'string' ? value.replace(/^0x/i, '').toLowerCase() : '';
  return /^[0-9a-f]{64}$/.test(digits) ? digits : refuse('32 bytes as 64 hexadecimal digits');
}

/** @throws GraphQLError BAD_USER_INPUT */
export function parseAddress(value: unknown): string {
  if (typeof value === 'string' && /^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(value) && base58Decode(value).length === 32)
    return value;
  return refuse('a Solana address: 32 bytes, base58');
}

function literal<T>(parse: (value: unknown) => T) {
  return (node: ValueNode): T => parse(node.kind === Kind.STRING || node.kind === Kind.INT ? node.value : undefined);
}

export const scalars = {
  U64: new GraphQLScalarType<bigint, string>({
    name: 'U64',
    extensions,
    serialize: (value) => (value as bigint | number).toString(),
    parseValue: parseU64,
    parseLiteral: literal(parseU64),
  }),
  Hash: new GraphQLScalarType<string, string>({
    name: 'Hash',
    extensions,
    serialize: String,
    parseValue: parseHash,
    parseLiteral: literal(parseHash),
  }),
  Address: new GraphQLScalarType<string, string>({
    name: 'Address',
    extensions,
    serialize: String,
    parseValue: parseAddress,
    parseLiteral: literal(parseAddress),
  }),
  DateTime: new GraphQLScalarType<Date, string>({
    name: 'DateTime',
    extensions,
    serialize: (value) => (value as Date).toISOString(),
    parseValue: () => refuse('no input of this type'),
  }),
};
