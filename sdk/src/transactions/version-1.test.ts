import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Keypair } from '@solana/web3.js';
import fc from 'fast-check';
import { base58Decode, base58Encode } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { Address } from '../program/address.ts';
import type { ProgramInstruction } from '../program/program-instruction.ts';
import { compileVersion1Message, version1Size } from './compile-version-1.ts';
import { decodeVersion1Transaction } from './decode-version-1.ts';
import { serializeVersion1Transaction, signVersion1Transaction } from './sign-version-1.ts';
import type { Version1Config, Version1Input } from './version-1-transaction.ts';
import { parseWireTransaction } from './wire-transaction.ts';

interface KitTransaction {
  name: string;
  feePayer: string;
  signerSeeds: number[];
  blockhash: string;
  config: Omit<Version1Config, 'priorityFeeLamports'> & { priorityFeeLamports?: string };
  instructions: { programId: string; keys: string[]; data: string }[];
  signature: string;
  transaction: string;
}

const fixture = new URL('../../fixtures/version-1/kit.json', import.meta.url);
const { transactions } = JSON.parse(readFileSync(fixture, 'utf8')) as { transactions: KitTransaction[] };
const byKit = transactions.map((transaction) => [transaction.name, transaction] as const);

function configOf({ priorityFeeLamports, ...config }: KitTransaction['config']): Version1Config {
  return priorityFeeLamports === undefined ? config : { ...config, priorityFeeLamports: BigInt(priorityFeeLamports) };
}

function inputOf({ feePayer, blockhash, config, instructions }: KitTransaction): Version1Input {
  return {
    feePayer,
    blockhash,
    config: configOf(config),
    instructions: instructions.map(({ programId, keys, data }) => ({
      programId: new Address(programId),
      keys: keys.map((key) => {
        const [address = '', ...rights] = key.split(' ');
        return { pubkey: new Address(address), isSigner: rights.includes('s'), isWritable: rights.includes('w') };
      }),
      data: Uint8Array.from(Buffer.from(data, 'hex')),
    })),
  };
}

const signer = (seed: number): Keypair => Keypair.fromSeed(new Uint8Array(32).fill(seed));

function codeOf(action: () => unknown): unknown {
  try {
    action();
    return 'DONE';
  } catch (error) {
    if (error instanceof AttentionOracleError) return [error.code, error.context['what'] ?? error.context['name']];
    throw error;
  }
}

describe('a version 1 transaction', () => {
  it.each(byKit)('is the one that kit compiles, signs and serialises: %s', async (_, expected) => {
    const message = compileVersion1Message(inputOf(expected));
    const signers = expected.signerSeeds.map(signer);
    const { signature, rawTransaction } = await signVersion1Transaction(message, signers.reverse());
    expect(Buffer.from(rawTransaction).toString('base64')).toBe(expected.transaction);
    expect(signature).toBe(expected.signature);
    const { fits, bytes } = version1Size(inputOf(expected));
    expect([fits, bytes]).toEqual([true, rawTransaction.length]);
  });

  it.each(byKit)('of kit is taken apart, and compiled again to the same bytes: %s', (_, { config, ...expected }) => {
    const bytes = Uint8Array.from(Buffer.from(expected.transaction, 'base64'));
    const transaction = decodeVersion1Transaction(bytes);
    expect(transaction.config).toEqual(configOf(config));
    expect([transaction.feePayer.toBase58(), transaction.blockhash]).toEqual([expected.feePayer, expected.blockhash]);
    expect(transaction.signers.map(String)).toEqual(
      expected.signerSeeds.map((seed) => signer(seed).publicKey.toBase58()),
    );
    expect(transaction.instructions.map(({ data }) => Buffer.from(data).toString('hex'))).toEqual(
      expected.instructions.map(({ data }) => data),
    );
    const again = compileVersion1Message({ ...transaction, config: configOf(config) });
    expect(serializeVersion1Transaction(again, transaction.signatures).rawTransaction).toEqual(bytes);
  });
});

const PROGRAM = new Address(new Uint8Array(32).fill(250));
const config: Version1Config = { computeUnitLimit: 1_000 };
const blockhash = base58Encode(new Uint8Array(32).fill(7));
const accountAt = (index: number, isSigner = false) => ({
  pubkey: new Address(new Uint8Array(32).fill(index)),
  isSigner,
  isWritable: true,
});
const instruction = (keys: ProgramInstruction['keys'], dataBytes = 0): ProgramInstruction => ({
  programId: PROGRAM,
  keys,
  data: new Uint8Array(dataBytes),
});
const compiled = (instructions: ProgramInstruction[], other: Partial<Version1Input> = {}) =>
  codeOf(() => compileVersion1Message({ feePayer: accountAt(1).pubkey, instructions, blockhash, config, ...other }));
const range = (length: number): number[] => Array.from({ length }, (_, index) => index + 2);

describe('a version 1 message', () => {
  it('takes 64 addresses, payer and program among them, and no more', () => {
    expect(compiled([instruction(range(62).map((index) => accountAt(index)))])).toBe('DONE');
    expect(compiled([instruction(range(63).map((index) => accountAt(index)))])).toEqual([
      'TRANSACTION_TOO_LARGE',
      'addresses',
    ]);
  });

  it('takes 64 instructions and no more', () => {
    expect(compiled(range(64).map(() => instruction([])))).toBe('DONE');
    expect(compiled(range(65).map(() => instruction([])))).toEqual(['TRANSACTION_TOO_LARGE', 'instructions']);
  });

  it('takes 12 signers and no more', () => {
    expect(compiled([instruction(range(11).map((index) => accountAt(index, true)))])).toBe('DONE');
    expect(compiled([instruction(range(12).map((index) => accountAt(index, true)))])).toEqual([
      'TRANSACTION_TOO_LARGE',
      'signatures',
    ]);
  });

  it('takes 4,096 bytes with its signatures and no more', () => {
    const empty = version1Size({ feePayer: accountAt(1).pubkey, instructions: [instruction([])], config }).bytes;
    expect(compiled([instruction([], 4_096 - empty)])).toBe('DONE');
    expect(compiled([instruction([], 4_097 - empty)])).toEqual(['TRANSACTION_TOO_LARGE', 'bytes']);
    expect(compiled([instruction([], 70_000)])).toEqual(['TRANSACTION_TOO_LARGE', 'bytes']);
  });

  it.each([
    ['computeUnitLimit', { computeUnitLimit: 1_400_001 }],
    ['computeUnitLimit', { computeUnitLimit: Number.NaN }],
    ['heapSize', { computeUnitLimit: 1, heapSize: 33_000 }],
    ['heapSize', { computeUnitLimit: 1, heapSize: 1_024 }],
    ['loadedAccountsDataSizeLimit', { computeUnitLimit: 1, loadedAccountsDataSizeLimit: 0 }],
  ])('does not ask for a %s that no node gives', (name, refused) => {
    expect(compiled([], { config: refused })).toEqual(['TRANSACTION_CONFIG_INVALID', name]);
  });

  it('has no lookup tables and does not call its payer', () => {
    expect(compiled([], { addressLookupTables: [] } as object)).toEqual(['LOOKUP_TABLES_UNSUPPORTED', undefined]);
    expect(compiled([], { feePayer: 'x' })).toEqual(['ADDRESS_INVALID', undefined]);
    expect(compiled([instruction([])], { feePayer: PROGRAM })).toEqual(['INSTRUCTION_INVALID', undefined]);
  });

  it('is signed by those it asks, all of them, with their own keys', async () => {
    const payer = signer(1).publicKey;
    const message = compileVersion1Message({ feePayer: payer, instructions: [], blockhash, config });
    const code = (signers: Parameters<typeof signVersion1Transaction>[1]) =>
      signVersion1Transaction(message, signers).then(
        () => 'DONE',
        ({ code }: AttentionOracleError) => code,
      );
    expect(await code([])).toBe('SIGNER_MISSING');
    expect(await code([signer(1), signer(2)])).toBe('SIGNER_UNKNOWN');
    expect(await code([{ publicKey: payer, secretKey: signer(2).secretKey }])).toBe('SIGNER_INVALID');
    expect(await code([signer(1)])).toBe('DONE');
    expect(codeOf(() => serializeVersion1Transaction(message, [new Uint8Array(63)]))).toEqual([
      'SIGNATURE_INVALID',
      undefined,
    ]);
  });
});

const anyInstruction = fc.record({
  programId: fc.constantFrom(PROGRAM, accountAt(251).pubkey),
  keys: fc.array(
    fc.record({
      pubkey: fc.integer({ min: 1, max: 12 }).map((index) => accountAt(index).pubkey),
      isSigner: fc.boolean(),
      isWritable: fc.boolean(),
    }),
    { maxLength: 8 },
  ),
  data: fc.uint8Array({ maxLength: 60 }),
});

describe('reading version 1', () => {
  it('gives back what was compiled, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(anyInstruction, { maxLength: 20 }), fc.bigInt(0n, 2n ** 64n - 1n), (instructions, fee) => {
        const asked = {
          computeUnitLimit: 77,
          priorityFeeLamports: fee,
          loadedAccountsDataSizeLimit: 5,
          heapSize: 65_536,
        };
        const input = { feePayer: accountAt(3).pubkey, instructions, blockhash, config: asked };
        const message = compileVersion1Message(input);
        const signatures = Array.from({ length: message[1] ?? 0 }, (_, index) => new Uint8Array(64).fill(index));
        const { rawTransaction } = serializeVersion1Transaction(message, signatures);
        const transaction = decodeVersion1Transaction(rawTransaction);
        expect(transaction).toMatchObject({ config: asked, blockhash, message, signatures });
        const plain = (list: readonly ProgramInstruction[]) =>
          list.map(({ programId, keys, data }) => [
            String(programId),
            keys.map(({ pubkey }) => String(pubkey)),
            [...data],
          ]);
        expect(plain(transaction.instructions)).toEqual(plain(instructions));
        const rights = new Map(
          transaction.instructions.flatMap(({ keys }) => keys.map((key) => [String(key.pubkey), key])),
        );
        for (const { pubkey, isSigner, isWritable } of instructions.flatMap(({ keys }) => keys)) {
          const given = rights.get(String(pubkey));
          expect([given?.isSigner || !isSigner, given?.isWritable || !isWritable]).toEqual([true, true]);
        }
        expect(compileVersion1Message({ ...transaction, config: asked })).toEqual(message);
        expect(parseWireTransaction(rawTransaction)).toMatchObject({ version: 1, signerCount: message[1] });
      }),
      { numRuns: 300 },
    );
  });

  it('cut anywhere or changed anywhere gives a transaction or a typed error', () => {
    const originals = transactions.map(({ transaction }) => Buffer.from(transaction, 'base64'));
    fc.assert(
      fc.property(fc.constantFrom(...originals), fc.nat(), fc.nat(255), fc.boolean(), (bytes, place, byte, cut) => {
        const at = place % bytes.length;
        const broken = cut ? bytes.subarray(0, at) : Buffer.from(bytes).fill(byte, at, at + 1);
        try {
          expect(decodeVersion1Transaction(broken).instructions.length).toBeLessThanOrEqual(64);
          expect(cut).toBe(false);
        } catch (error) {
          expect(error).toBeInstanceOf(AttentionOracleError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('says so where the bytes are of another version', () => {
    expect(() => decodeVersion1Transaction(base58Decode('1111'))).toThrow(/0x81/);
  });
});
