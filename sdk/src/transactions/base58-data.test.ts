import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { base58Encode } from '../bytes.ts';
import { decodeBase58Data } from './base58-data.ts';

describe('decodeBase58Data', () => {
  it('gives back any bytes, leading zeros included', () => {
    fc.assert(
      fc.property(fc.nat(5), fc.uint8Array({ maxLength: 1300 }), (zeros, tail) => {
        const bytes = Uint8Array.of(...new Uint8Array(zeros), ...tail);
        expect(decodeBase58Data(base58Encode(bytes))).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  it('is empty for empty text', () => {
    expect(decodeBase58Data('')).toEqual(new Uint8Array());
  });

  it.each(['0', 'O', 'I', 'l', '11 ', 'abcé', 'aaaaaaaaaaaaaaa_'])('answers null for %j', (text) => {
    expect(decodeBase58Data(text)).toBeNull();
  });
});
