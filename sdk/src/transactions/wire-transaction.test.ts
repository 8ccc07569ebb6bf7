import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { base58Decode } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { decodeTransaction } from './decode-transaction.ts';
import {
  asBase64,
  type JsonAnswer,
  type RecordedTransaction,
  readRecordedTransactions,
} from './testing/recorded-transactions.ts';
import { parseWireTransaction } from './wire-transaction.ts';

let recorded: RecordedTransaction[];

beforeAll(() => {
  recorded = readRecordedTransactions();
});

/** Wire bytes of the version 1 form (SIMD-0385) of a recorded transaction, with a priority fee and a compute limit. */
function versionOneBytes({ transaction }: JsonAnswer, configMask: number, configValues: number[]): Buffer {
  const { message, signatures } = transaction;
  const { header, instructions, accountKeys, recentBlockhash } = message;
  const mask = Buffer.alloc(4);
  mask.writeUInt32LE(configMask);
  const datas = instructions.map(({ data }) => base58Decode(data));
  const headers = instructions.map(({ programIdIndex, accounts }, i) => {
    const length = datas[i]?.length ?? 0;
    return [programIdIndex, accounts.length, length & 0xff, length >> 8];
  });
  return Buffer.concat([
    Buffer.from([0x81, header.numRequiredSignatures]),
    Buffer.from([header.numReadonlySignedAccounts, header.numReadonlyUnsignedAccounts]),
    mask,
    base58Decode(recentBlockhash.padEnd(43, 'x')).subarray(0, 32),
    Buffer.from([instructions.length, accountKeys.length]),
    ...accountKeys.map(base58Decode),
    Buffer.from(configValues),
    Buffer.from(headers.flat()),
    ...instructions.flatMap(({ accounts }, i) => [Buffer.from(accounts), datas[i] ?? Buffer.alloc(0)]),
    ...signatures.map(base58Decode),
  ]);
}

const asVersionOne = (answer: JsonAnswer, bytes: Uint8Array) => ({
  ...answer,
  version: 1,
  transaction: [Buffer.from(bytes).toString('base64'), 'base64'],
});

describe('wire transactions', () => {
  it('of version 1 give the events of their json form, with and without configuration values', () => {
    for (const { json } of recorded) {
      const expected = { ...decodeTransaction(json), version: 1 };
      const bare = asVersionOne(json, versionOneBytes(json, 0, []));
      const configured = asVersionOne(json, versionOneBytes(json, 0b111, Array<number>(12).fill(5)));
      expect(decodeTransaction(bare)).toEqual(expected);
      expect(decodeTransaction(configured)).toEqual(expected);
    }
  });

  it('count the keys of lookup tables and refuse an answer that does not have them', () => {
    const answer = recorded.find(({ label }) => label === 'v0_five_roots_one_tx') as RecordedTransaction;
    const bytes = Buffer.from(answer.base64[0], 'base64');
    expect(bytes.at(-1)).toBe(0);
    const withTable = Buffer.concat([
      bytes.subarray(0, -1),
      Buffer.from([1]),
      Buffer.alloc(32, 3),
      Buffer.from([1, 0, 1, 9]),
    ]);
    expect(parseWireTransaction(withTable).lookupCount).toBe(2);
    const response = (loadedAddresses: object) => ({
      ...answer.json,
      transaction: [withTable.toString('base64'), 'base64'],
      meta: { ...answer.json.meta, loadedAddresses },
    });
    const key = answer.json.transaction.message.accountKeys[1] as string;
    expect(() => decodeTransaction(response({ writable: [], readonly: [] }))).toThrow(/2 addresses/);
    expect(decodeTransaction(response({ writable: [key], readonly: [key] })).events).toHaveLength(5);
  });

  it('of a version nobody knows say so, and of the wrong envelope are malformed', () => {
    expect(() => parseWireTransaction(Uint8Array.of(0x82))).toThrow(
      expect.objectContaining({ code: 'TRANSACTION_VERSION_UNSUPPORTED' }),
    );
    const signature = new Uint8Array(64);
    for (const bytes of [[0x80], [1, ...signature, 0x81]]) {
      expect(() => parseWireTransaction(Uint8Array.from(bytes))).toThrow(
        expect.objectContaining({ code: 'TRANSACTION_MALFORMED' }),
      );
    }
  });

  it('are refused when the answer names another version than the bytes', () => {
    const answer = asBase64(recorded[0] as RecordedTransaction) as object;
    expect(() => decodeTransaction({ ...answer, version: 0 })).toThrow(/version: expected legacy/);
  });

  it('cut anywhere, or changed anywhere, give a transaction or a typed error', () => {
    const originals = recorded
      .slice(0, 40)
      .flatMap(({ json, base64 }) => [Buffer.from(base64[0], 'base64'), versionOneBytes(json, 0, [])]);
    fc.assert(
      fc.property(fc.constantFrom(...originals), fc.nat(), fc.nat(255), fc.boolean(), (bytes, place, byte, cut) => {
        const at = place % bytes.length;
        const broken = cut ? bytes.subarray(0, at) : Buffer.from(bytes).fill(byte, at, at + 1);
        try {
          const { instructions } = parseWireTransaction(broken);
          expect(cut).toBe(false);
          expect(instructions.length).toBeLessThan(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(AttentionOracleError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
