import { describe, expect, it } from '@jest/globals';
import { base58 } from '@scure/base';
import fc from 'fast-check';
import { decodeBase58, encodeAddress, encodeBase58 } from './base58.ts';

describe('base58', () => {
  it('agrees with an independent implementation for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), fc.nat(20), (bytes, zeros) => {
        const padded = Uint8Array.from([...new Uint8Array(zeros), ...bytes]);
        expect(encodeBase58(padded)).toBe(base58.encode(padded));
        expect(decodeBase58(encodeBase58(padded))).toEqual(padded);
      }),
    );
  });

  it('remembers addresses under their own bytes', () => {
    const [a, b] = [new Uint8Array(32).fill(7), new Uint8Array(32).fill(8)];
    expect([encodeAddress(a), encodeAddress(b), encodeAddress(a)]).toEqual([a, b, a].map((key) => base58.encode(key)));
  });

  it('says null for text that is not base58', () => {
    expect(decodeBase58('0OIl')).toBeNull();
  });
});
