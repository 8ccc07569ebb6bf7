import { createPublicKey, verify } from 'node:crypto';
import { base58Encode, decodeInstruction, decodeVersion1Transaction } from '@attention-oracle/sdk';
import { describe, expect, it } from '@jest/globals';
import { ComputeBudgetProgram, Keypair, VersionedTransaction } from '@solana/web3.js';
import { localKey } from '../io/local-key.ts';
import { Lane, PlacedRoot } from './lane.ts';
import { PublicationTransactions } from './publication-transaction.ts';
import { type RootToSettle, unread } from './root-job.ts';
import { packRoots } from './root-packing.ts';
import { FORM_LIMITS } from './transaction-form.ts';

const signer = Keypair.generate();
const payer = signer.publicKey.toBase58();
const mint = Keypair.generate().publicKey.toBase58();
const programId = Keypair.generate().publicKey.toBase58();
const key = localKey(signer);
const transactions = new PublicationTransactions({ programId, mint, signer: { current: key } });
const terms = { form: 'legacy', blockhash: mint, computeUnitLimit: 90_000, priorityFee: 1234 } as const;

/** Before an Ed25519 public key in SPKI. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

function rootOf(channel: string): RootToSettle {
  return {
    ...{
      partition: 0,
      offset: 0n,
      nextOffset: 1n,
      channel,
      epoch: 2n ** 63n,
      root: 'ab'.repeat(32),
      recordedAtMs: 0,
      count: 3,
    },
    ...{ startSlot: 0, endSlot: 9 },
  };
}

function placed(channel: string): PlacedRoot {
  const lane = new Lane({ partition: 0, generation: 1, isGivenUp: () => false });
  return new PlacedRoot(lane, unread(rootOf(channel), 0));
}

describe('PublicationTransactions', () => {
  it('signs one instruction a root behind the compute budget, with the signature that the network will know', async () => {
    const { signature, wire } = await transactions.create([rootOf('alpha'), rootOf('beta')], terms, payer);
    const transaction = VersionedTransaction.deserialize(wire);
    const { compiledInstructions, staticAccountKeys } = transaction.message;
    expect(Keypair.fromSecretKey(signer.secretKey).publicKey.equals(staticAccountKeys[0] ?? signer.publicKey)).toBe(
      true,
    );
    const programs = compiledInstructions.map(({ programIdIndex }) => staticAccountKeys[programIdIndex]?.toBase58());
    const budget = ComputeBudgetProgram.programId.toBase58();
    expect(programs.slice(0, FORM_LIMITS.legacy.instructionsBefore)).toEqual([budget, budget]);
    expect(programs.slice(FORM_LIMITS.legacy.instructionsBefore)).toEqual([programId, programId]);
    const decoded = compiledInstructions
      .slice(FORM_LIMITS.legacy.instructionsBefore)
      .map(({ data }) => decodeInstruction(data));
    expect(decoded.map(({ name, args }) => [name, args['channel'], args['epoch']])).toEqual([
      ['set_channel_merkle_root', 'alpha', 2n ** 63n],
      ['set_channel_merkle_root', 'beta', 2n ** 63n],
    ]);
    expect(signature).toMatch(/^[1-9A-HJ-NP-Za-km-z]{64,88}$/);
  });

  it.each(['legacy', 'version1'] as const)(
    'knows the size on the wire before it makes the transaction: %s',
    async (form) => {
      const roots = ['a', 'channel-two', 'x'.repeat(64)].map(rootOf);
      const { bytes } = transactions.size(roots, form);
      expect((await transactions.create(roots, { ...terms, form }, payer)).wire.length).toBe(bytes);
      const unsigned = new PublicationTransactions({ programId, mint, signer: undefined });
      expect(unsigned.size(roots, form).bytes).toBeGreaterThanOrEqual(bytes - 32);
    },
  );

  it('writes the limits of version 1 into the message, the price as lamports of the whole transaction, and no other instruction', async () => {
    const roots = Array.from({ length: 40 }, (_, index) => ({ ...rootOf('alpha'), epoch: BigInt(index) }));
    const { signature, wire } = await transactions.create(roots, { ...terms, form: 'version1' }, payer);
    const { config, instructions, feePayer } = decodeVersion1Transaction(wire);
    // 90,000 units at 1,234 millionths of a lamport are 111.06.
    expect(config).toMatchObject({ computeUnitLimit: 90_000, priorityFeeLamports: 112n });
    expect(feePayer.toBase58()).toBe(signer.publicKey.toBase58());
    expect(instructions.map(({ data }) => decodeInstruction(data).args['epoch'])).toEqual(
      roots.map(({ epoch }) => epoch),
    );
    const sent = VersionedTransaction.deserialize(wire);
    expect(base58Encode(sent.signatures[0] ?? new Uint8Array())).toBe(signature);
    const publicKey = createPublicKey({
      key: Buffer.concat([SPKI, signer.publicKey.toBytes()]),
      format: 'der',
      type: 'spki',
    });
    expect(verify(null, wire.subarray(0, -64), publicKey, wire.subarray(-64))).toBe(true);
  });

  it('describes instruction and accounts', () => {
    const text = transactions.describe(rootOf('alpha'), signer.publicKey.toBase58());
    expect(text).toContain(`set_channel_merkle_root(channel alpha, epoch ${2n ** 63n}, root ${'ab'.repeat(32)})`);
    expect(text).toContain(`${signer.publicKey.toBase58()} signer writable`);
  });
});

const rules = { maxRoots: 100, form: 'legacy', transactions, rings: new Map() } as const;
const alone = <Root>(roots: readonly Root[]): Root[][] => roots.map((root) => [root]);

describe('packRoots', () => {
  it('puts five short channels together, and fewer when they do not fit into a packet', async () => {
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
      expect((await transactions.create(roots, terms, payer)).wire.length).toBeLessThanOrEqual(
        FORM_LIMITS.legacy.bytes,
      );
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
    const small = { size: () => ({ bytes: 100, addresses: 10 }) };
    const many = alone(Array.from({ length: 62 }, (_, index) => placed(`channel-${index}`)));
    const there = new Map(many.map(([at]) => [at?.root.channel ?? '', []]));
    expect(packRoots(many, { ...rules, transactions: small }).map(({ length }) => length)).toEqual([31, 31]);
    const known = packRoots(many, { ...rules, transactions: small, rings: there });
    expect(known.map(({ length }) => length)).toEqual([62]);
    const inVersion1 = packRoots(many, { ...rules, form: 'version1', transactions: small, rings: there });
    expect(inVersion1.map(({ length }) => length)).toEqual([62]);
  });

  it('names no more than 64 accounts, and takes several times more roots in version 1', () => {
    const channels = alone(Array.from({ length: 62 }, (_, index) => placed(`channel-${index}`)));
    const rings = new Map(channels.map(([at]) => [at?.root.channel ?? '', []]));
    const apart = { size: (roots: readonly RootToSettle[]) => ({ bytes: 100, addresses: 5 + roots.length }) };
    const few = packRoots(channels, { ...rules, form: 'version1', transactions: apart, rings });
    expect(few.map(({ length }) => length)).toEqual([59, 3]);
    const runs = Array.from({ length: 8 }, (_, channel) =>
      Array.from({ length: 10 }, () => placed(`channel-${channel}`)),
    );
    const [legacy, version1] = (['legacy', 'version1'] as const).map((form) =>
      packRoots(runs, { ...rules, form, rings }),
    );
    expect(version1?.length).toBeLessThanOrEqual(2);
    expect((version1?.[0]?.length ?? 0) / (legacy?.[0]?.length ?? 0)).toBeGreaterThan(3);
  });
});
