import { decodeInstruction } from '@attention-oracle/sdk';
import { describe, expect, it } from '@jest/globals';
import { ComputeBudgetProgram, Keypair, VersionedTransaction } from '@solana/web3.js';
import { Lane, PlacedRoot } from './lane.ts';
import { PublicationTransactions } from './publication-transaction.ts';
import { type RootToSettle, unread } from './root-job.ts';
import { MAX_TRANSACTION_BYTES, packRoots } from './root-packing.ts';
import { INSTRUCTIONS_BEFORE_ROOTS } from './transaction-failure.ts';

const signer = Keypair.generate();
const mint = Keypair.generate().publicKey.toBase58();
const programId = Keypair.generate().publicKey.toBase58();
const transactions = new PublicationTransactions({ programId, mint, signer });
const terms = { blockhash: mint, computeUnitLimit: 90_000, priorityFee: 1234 };

function rootOf(channel: string): RootToSettle {
  return {
    ...{ partition: 0, offset: 0n, nextOffset: 1n, channel, epoch: 2n ** 63n, root: 'ab'.repeat(32), recordedAtMs: 0 },
    ...{ startSlot: 0, endSlot: 9 },
  };
}

function placed(channel: string): PlacedRoot {
  const lane = new Lane({ partition: 0, generation: 1, isGivenUp: () => false });
  return new PlacedRoot(lane, unread(rootOf(channel), 0));
}

describe('PublicationTransactions', () => {
  it('signs one instruction a root behind the compute budget, with the signature that the network will know', () => {
    const { signature, wire } = transactions.create([rootOf('alpha'), rootOf('beta')], terms);
    const transaction = VersionedTransaction.deserialize(wire);
    const { compiledInstructions, staticAccountKeys } = transaction.message;
    expect(Keypair.fromSecretKey(signer.secretKey).publicKey.equals(staticAccountKeys[0] ?? signer.publicKey)).toBe(
      true,
    );
    const programs = compiledInstructions.map(({ programIdIndex }) => staticAccountKeys[programIdIndex]?.toBase58());
    const budget = ComputeBudgetProgram.programId.toBase58();
    expect(programs.slice(0, INSTRUCTIONS_BEFORE_ROOTS)).toEqual([budget, budget]);
    expect(programs.slice(INSTRUCTIONS_BEFORE_ROOTS)).toEqual([programId, programId]);
    const decoded = compiledInstructions.slice(INSTRUCTIONS_BEFORE_ROOTS).map(({ data }) => decodeInstruction(data));
    expect(decoded.map(({ name, args }) => [name, args['channel'], args['epoch']])).toEqual([
      ['set_channel_merkle_root', 'alpha', 2n ** 63n],
      ['set_channel_merkle_root', 'beta', 2n ** 63n],
    ]);
    expect(signature).toMatch(/^[1-9A-HJ-NP-Za-km-z]{64,88}$/);
  });

  it('knows the size on the wire before it makes the transaction', () => {
    const roots = ['a', 'channel-two', 'x'.repeat(64)].map(rootOf);
    expect(transactions.create(roots, terms).wire.length).toBe(transactions.sizeBytes(roots));
    const unsigned = new PublicationTransactions({ programId, mint, signer: undefined });
    expect(unsigned.sizeBytes(roots)).toBeGreaterThanOrEqual(transactions.sizeBytes(roots) - 32);
  });

  it('describes instruction and accounts', () => {
    const text = transactions.describe(rootOf('alpha'), signer.publicKey.toBase58());
    expect(text).toContain(`set_channel_merkle_root(channel alpha, epoch ${2n ** 63n}, root ${'ab'.repeat(32)})`);
    expect(text).toContain(`${signer.publicKey.toBase58()} signer writable`);
  });
});

const rules = { maxRoots: 100, transactions, rings: new Map() };
const alone = <Root>(roots: readonly Root[]): Root[][] => roots.map((root) => [root]);

describe('packRoots', () => {
  it('puts five short channels together, and fewer when they do not fit into a packet', () => {
    const short = packRoots(alone(Array.from({ length: 12 }, (_, index) => placed(`channel-${index}`))), {
      ...rules,
      maxRoots: 5,
    });
    expect(short.map(({ length }) => length)).toEqual([5, 5, 2]);
    const many = Array.from({ length: 12 }, (_, index) => placed(`${'x'.repeat(62)}${index}`));
    const long = packRoots(alone(many), { ...rules, maxRoots: 12 });
    expect(long.length).toBeGreaterThan(1);
    for (const batch of long) {
      const roots = batch.map(({ job }) => job.root);
      expect(transactions.create(roots, terms).wire.length).toBeLessThanOrEqual(MAX_TRANSACTION_BYTES);
    }
    expect(long.flat()).toEqual(many);
  });

  it('puts a channel into one transaction only, its epochs side by side, as many as fit', () => {
    const runs = ['a', 'b'].map((channel) => Array.from({ length: 10 }, () => placed(channel)));
    const batches = packRoots(runs, rules);
    const packed = batches.map((batch) => batch.map(({ job }) => job.root.channel).join(''));
    expect(packed).toEqual([expect.stringMatching(/^a{10}b+$/)]);
    expect(packed[0]?.length).toBeGreaterThan(10);
    expect(packRoots(runs, { ...rules, maxRoots: 10 }).map(({ length }) => length)).toEqual([10, 10]);
  });

  it('counts the inner instruction of each channel account that comes into being', () => {
    const small = { sizeBytes: () => 100 };
    const many = alone(Array.from({ length: 62 }, (_, index) => placed(`channel-${index}`)));
    const there = new Map(many.map(([at]) => [at?.root.channel ?? '', []]));
    expect(packRoots(many, { ...rules, transactions: small }).map(({ length }) => length)).toEqual([31, 31]);
    const known = packRoots(many, { ...rules, transactions: small, rings: there });
    expect(known.map(({ length }) => length)).toEqual([62]);
  });
});
