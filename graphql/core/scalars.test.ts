import { describe, expect, it } from '@jest/globals';
import { parseAddress, parseHash, parseU64 } from './scalars.ts';

describe('scalars', () => {
  it('keep u64 values exact up to 2^64 - 1', () => {
    expect(parseU64('18446744073709551615')).toBe(2n ** 64n - 1n);
    expect(parseU64(7)).toBe(7n);
  });

  it.each(['18446744073709551616', '-1', '1.5', '', 'x', 2 ** 53, null, {}])(
    'refuse %p as U64 with a readable error',
    (value) => {
      expect(() => parseU64(value)).toThrow(/unsigned 64-bit/);
    },
  );

  it('take hashes in either case, with or without 0x, and give them in lower case', () => {
    expect(parseHash(`0x${'AB'.repeat(32)}`)).toBe('ab'.repeat(32));
    expect(() => parseHash('ab'.repeat(31))).toThrow(/64 hexadecimal digits/);
  });

  it('take only base58 text of 32 bytes as an address', () => {
    const address = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
    expect(parseAddress(address)).toBe(address);
    expect(() => parseAddress('1111')).toThrow(/Solana address/);
    expect(() => parseAddress(address.replace('C', '0'))).toThrow(/Solana address/);
  });
});
