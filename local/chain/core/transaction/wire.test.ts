import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { VersionedTransaction } from '@solana/web3.js';
import fc from 'fast-check';
import { encodeBase58 } from '../encoding/base58.ts';
import { parseTransaction, WireError } from './wire.ts';

const recorded = readFileSync(new URL('../../../../sdk/fixtures/recorded/transactions.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => new Uint8Array(Buffer.from((JSON.parse(line) as { base64: [string] }).base64[0], 'base64')));

describe('parsing serialised transactions', () => {
  it('reads every recorded transaction as web3.js does', () => {
    for (const wire of recorded) {
      const expected = VersionedTransaction.deserialize(wire);
      const parsed = parseTransaction(wire);
      expect(parsed.version).toBe(expected.version);
      expect(parsed.staticKeys).toEqual(expected.message.staticAccountKeys.map(String));
      expect(parsed.blockhash).toBe(expected.message.recentBlockhash);
      expect(parsed.signatures.map(encodeBase58)).toEqual(expected.signatures.map(encodeBase58));
      expect(Buffer.from(parsed.message)).toEqual(Buffer.from(expected.message.serialize()));
      expect(parsed.instructions.map(({ data }) => Buffer.from(data))).toEqual(
        expected.message.compiledInstructions.map(({ data }) => Buffer.from(data)),
      );
    }
  });

  it('refuses any other bytes with a WireError, never with something else', () => {
    const damaged = fc.record({
      wire: fc.constantFrom(...recorded),
      at: fc.nat(400),
      byte: fc.nat(255),
      cut: fc.nat(900),
    });
    fc.assert(
      fc.property(damaged, ({ wire, at, byte, cut }) => {
        const bytes = wire.slice(0, cut);
        bytes[at % Math.max(bytes.length, 1)] = byte;
        try {
          parseTransaction(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 500 },
    );
    expect(() => parseTransaction(new Uint8Array(1_233))).toThrow(
      'transaction too large: 1233 bytes (max: 1232 bytes)',
    );
  });
});
