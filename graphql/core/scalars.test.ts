import { describe, expect, it } from '@jest/globals';
import { Kind } from 'graphql';
import { parseAddress, parseHash, parseU64, scalars } from './scalars.ts';

describe('scalars', () => {
  it('keep u64 values exact up to 2^64 - 1', () => {
    expect(parseU64('18446744073709551615')).toBe(2n ** 64n - 1n);
    expect(parseU64(7)).toBe(7n);
    expect([parseU64(0), parseU64('0')]).toEqual([0n, 0n]);
    expect(scalars.U64.serialize(2n ** 64n - 1n)).toBe('18446744073709551615');
  });

  it.each([true, '18446744073709551616', '-1', '1.5', '', 'x', 2 ** 53, null, {}])(
    'refuse %p as U64 with a readable error',
    (value) => {
      expect(() => parseU64(value)).toThrow(/unsigned 64-bit/);
    },
  );

  it('take hashes in either case, with or without 0x, and give them in lower case', () => {
    expect(parseHash(`0x${'AB'.repeat(32)}`)).toBe('ab'.repeat(32));
    for (const wrong of ['ab'.repeat(31), 'ab'.repeat(33), `x${'ab'.repeat(32)}`, `${'ab'.repeat(31)}0xab`, 7, null])
      expect(() => parseHash(wrong)).toThrow(/64 hexadecimal digits/);
  });

  it('take only base58 text of 32 bytes as an address', () => {
    const address = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
    expect(parseAddress(address)).toBe(address);
    expect(() => parseAddress('1111')).toThrow(/Solana address/);
    const wrong = [
      address.replace('C', '0'),
      `${address}${address}`,
      address.slice(0, 31),
      '1'.repeat(33),
      7,
      [address],
    ];
    for (const value of wrong) expect(() => parseAddress(value)).toThrow(/Solana address/);
  });

  it('refuse as a mistake of the client, literals of another kind too', () => {
    const { U64, Hash, Address, DateTime } = scalars;
    expect(() => parseU64('x')).toThrow(expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } }));
    expect(U64.parseLiteral({ kind: Kind.INT, value: '12' })).toBe(12n);
    expect(U64.parseLiteral({ kind: Kind.STRING, value: '12' })).toBe(12n);
    expect(() => U64.parseLiteral({ kind: Kind.FLOAT, value: '12' })).toThrow(/unsigned 64-bit/);
    expect(Hash.parseLiteral({ kind: Kind.STRING, value: 'AB'.repeat(32) })).toBe('ab'.repeat(32));
    expect(() => Address.parseLiteral({ kind: Kind.BOOLEAN, value: true })).toThrow(/Solana address/);
    expect(() => DateTime.parseValue('2026-01-01')).toThrow(/no input of this type/);
  });

  it('are given as text', () => {
    const { Hash, Address, DateTime } = scalars;
    expect([Hash.serialize('ab'), Address.serialize('C8')]).toEqual(['ab', 'C8']);
    expect(DateTime.serialize(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
  });
});
