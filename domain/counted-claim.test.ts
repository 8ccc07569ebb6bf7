import { base58Encode } from '@attention-oracle/sdk';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareSignatures, sortCanonically } from './counted-claim.ts';

const signatureBytes = fc.oneof(
  fc.uint8Array({ minLength: 64, maxLength: 64 }),
  // Leading zero bytes are leading ones in base58, where text and number could disagree.
  fc
    .tuple(fc.integer({ min: 1, max: 64 }), fc.uint8Array({ minLength: 64, maxLength: 64 }))
    .map(([zeros, bytes]) => bytes.fill(0, 0, zeros)),
);

describe('canonical order', () => {
  it('compares signatures by their bytes, whatever their text', () => {
    fc.assert(
      fc.property(signatureBytes, signatureBytes, (a, b) => {
        expect(Math.sign(compareSignatures(base58Encode(a), base58Encode(b)))).toBe(Math.sign(Buffer.compare(a, b)));
      }),
      { numRuns: 2000 },
    );
  });

  it('holds a signature equal to itself alone', () => {
    const one = base58Encode(new Uint8Array(64).fill(7));
    expect(compareSignatures(one, one)).toBe(0);
  });

  it('goes by slot, signature, outer and inner index as numbers, a caller before what it calls', () => {
    const low = base58Encode(new Uint8Array(64).fill(1));
    const high = base58Encode(new Uint8Array(64).fill(2));
    const claim = (slot: number, signature: string, path: string) => ({
      slot,
      signature,
      eventId: `${signature}/${path}`,
    });
    const ordered = [
      claim(9, high, '0'),
      claim(10, low, '2'),
      claim(10, low, '2.0'),
      claim(10, low, '2.10'),
      claim(10, low, '10'),
      claim(10, high, '0'),
    ];
    expect(sortCanonically([...ordered].reverse())).toEqual(ordered);
  });
});
