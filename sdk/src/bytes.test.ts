import { describe, expect, it } from '@jest/globals';
import { base58 } from '@scure/base';
import fc from 'fast-check';
import { addressBytes, base58Decode, base58Encode, bytesToHex, hexToBytes } from './bytes.ts';
import { AttentionOracleError } from './errors.ts';

const PROGRAM = 'GnGzNdsQMxMpJfMeqnkGPsvHm8kwaDidiKjNU2dCVZop';

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof AttentionOracleError) return error.code;
    throw error;
  }
  return undefined;
}

describe('hexadecimal', () => {
  it('gives back the bytes it was made from', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(hexToBytes(bytesToHex(bytes))).toEqual(bytes);
        expect(bytesToHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
      }),
    );
  });

  it('reads capital digits and a leading 0x', () => {
    expect(hexToBytes('0xAbFF00')).toEqual(Uint8Array.of(0xab, 0xff, 0));
  });

  it.each(['abc', 'zz', '0x0', 'a b '])('refuses %j', (text) => {
    expect(codeOf(() => hexToBytes(text))).toBe('HEX_INVALID');
  });
});

describe('base58', () => {
  it('gives back the bytes it was made from', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(base58Decode(base58Encode(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each(['0', 'O', 'l', 'I', 'a b', 'é'])('refuses %j, which is outside the alphabet', (text) => {
    expect(codeOf(() => base58Decode(text))).toBe('BASE58_INVALID');
  });
});

describe('addresses', () => {
  const addresses = fc.oneof(
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc
      .tuple(fc.integer({ min: 0, max: 32 }), fc.uint8Array({ minLength: 32, maxLength: 32 }))
      .map(([zeros, bytes]) => bytes.fill(0, 0, zeros)),
    fc.constant(new Uint8Array(32).fill(255)),
  );

  it('decodes as a general base58 decoder does, leading zeros included', () => {
    fc.assert(
      fc.property(addresses, (bytes) => {
        expect(addressBytes(base58.encode(bytes))).toEqual(bytes);
      }),
      { numRuns: 2_000 },
    );
  });

  it('accepts text, bytes and anything with toBytes()', () => {
    const bytes = addressBytes(PROGRAM);
    expect(addressBytes(bytes)).toBe(bytes);
    expect(addressBytes({ toBytes: () => bytes })).toBe(bytes);
  });

  it.each([
    ['31 bytes', base58.encode(new Uint8Array(31).fill(7)), 'ADDRESS_INVALID'],
    ['33 bytes', base58.encode(new Uint8Array(33).fill(7)), 'ADDRESS_INVALID'],
    ['2^256, one too many', base58.encode(Uint8Array.of(1, ...new Uint8Array(32))), 'ADDRESS_INVALID'],
    ['44 of the largest digit', 'z'.repeat(44), 'ADDRESS_INVALID'],
    ['a leading 1 too many', `1${PROGRAM.slice(0, 43)}`, 'ADDRESS_INVALID'],
    ['no text', '', 'ADDRESS_INVALID'],
    ['a digit outside the alphabet', `${PROGRAM.slice(0, 43)}0`, 'BASE58_INVALID'],
    ['a character outside ASCII', `${PROGRAM.slice(0, 43)}ñ`, 'BASE58_INVALID'],
  ])('refuses %s', (_what, text, code) => {
    expect(codeOf(() => addressBytes(text))).toBe(code);
  });
});
