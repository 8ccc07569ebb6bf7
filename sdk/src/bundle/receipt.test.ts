/** Receipts: each word of a forged one is found, by itself or by the chain. */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { base58Encode } from '../bytes.ts';
import { MerkleTree } from '../merkle/tree.ts';
import { setChannelMerkleRoot } from '../program/instruction-builders.ts';
import type { ProgramInstruction } from '../program/program-instruction.ts';
import { createProofBundle, verifyBundle } from './bundle.ts';
import { parseProofBundle } from './parse.ts';
import type { BundledReceipt, ProofBundle } from './proof-bundle.ts';
import type { BundleVerdict } from './verify-online.ts';

const schema = z.fromJSONSchema(
  JSON.parse(readFileSync(new URL('../../proof-bundle.schema.json', import.meta.url), 'utf8')) as Parameters<
    typeof z.fromJSONSchema
  >[0],
);
const key = (byte: number): string => base58Encode(new Uint8Array(32).fill(byte));
const [payer, mint, otherMint] = [key(1), key(2), key(3)];
const signature = base58Encode(new Uint8Array(64).fill(9));
const [channel, epoch] = ['lofi', 900n];
const claims = [1, 2, 3].map((n) => ({ claimer: key(n), amount: BigInt(n), id: `twitch:lofi:user${n}` }));
const tree = new MerkleTree(claims);
const receipt: BundledReceipt = {
  ...{ root: tree.rootHex(), signature, slot: '4711', blockTime: '1763510420', feeLamports: '5000' },
  seenBy: [
    { listener: 'north', partition: 3, offset: '41' },
    { listener: 'south', partition: 3, offset: '44' },
  ],
  verdicts: [
    { listener: 'north', endpoint: 'rpc.north', method: 'signature-walk', verdict: 'seen' },
    { listener: 'east', endpoint: 'rpc.east', method: 'signature-walk', verdict: 'not_seen' },
  ],
};
const bundle = createProofBundle({
  ...{
    tree,
    index: 1,
    claim: claims[1] as (typeof claims)[0],
    channel,
    epoch,
    settlementSignature: signature,
    receipt,
  },
});
const forged = (change: Partial<BundledReceipt>): ProofBundle => ({ ...bundle, receipt: { ...receipt, ...change } });

const publication = (of = mint, root = tree.root(), name = channel, at = epoch): ProgramInstruction =>
  setChannelMerkleRoot({ payer, mint: of, channel: name, epoch: at, root });

/** As getTransaction answers with encoding json. */
function answer(instructions: readonly ProgramInstruction[], meta: object = {}, top: object = {}): object {
  const keys = [
    ...new Set([
      payer,
      ...instructions.flatMap(({ keys: of, programId }) => [...of.map((one) => String(one.pubkey)), String(programId)]),
    ]),
  ];
  return {
    slot: 4711,
    blockTime: 1763510420,
    meta: { err: null, fee: 5000, innerInstructions: [], ...meta },
    version: 'legacy',
    transaction: {
      signatures: [signature],
      message: {
        accountKeys: keys,
        header: { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 0 },
        instructions: instructions.map(({ programId, keys: of, data }) => ({
          programIdIndex: keys.indexOf(String(programId)),
          accounts: of.map((one) => keys.indexOf(String(one.pubkey))),
          data: base58Encode(data),
        })),
      },
    },
    ...top,
  };
}

const online = (of: unknown, found: unknown = answer([publication()])): Promise<BundleVerdict> =>
  verifyBundle(of, { rpc: () => Promise.resolve(found), mint });
const fieldsOf = ({ problems }: BundleVerdict): string[] => problems.map(({ field }) => field);

describe('a bundle with a receipt', () => {
  it('holds offline, follows the published JSON Schema and survives a journey as JSON text', () => {
    expect(verifyBundle(JSON.stringify(bundle))).toBe(true);
    expect(schema.safeParse(bundle).error).toBeUndefined();
    expect(parseProofBundle(JSON.stringify(bundle)).receipt).toEqual(receipt);
    expect(schema.safeParse({ ...bundle, receipt: { ...receipt, slot: 4711 } }).success).toBe(false);
  });

  it('is proven by the transaction on chain, also one that carries the roots of others', async () => {
    const others = [
      publication(mint, new Uint8Array(32), 'other'),
      publication(),
      publication(mint, tree.root(), channel, 901n),
    ];
    for (const found of [answer([publication()]), answer(others)])
      expect(await online(bundle, found)).toMatchObject({ verdict: 'proven', problems: [], unknown: [] });
  });

  it('says what no chain can show', async () => {
    const { unchecked } = await verifyBundle(bundle, { rpc: async () => answer([publication()]) });
    expect(unchecked).toEqual([expect.stringContaining('mint'), expect.stringContaining('offset')]);
  });
});

describe('a forged receipt is found without asking anybody', () => {
  const north = receipt.seenBy[0] as BundledReceipt['seenBy'][number];
  const verdict = receipt.verdicts[0] as BundledReceipt['verdicts'][number];
  it.each<[string, Partial<BundledReceipt>]>([
    ['another root', { root: 'ab'.repeat(32) }],
    ['another transaction', { signature: base58Encode(new Uint8Array(64).fill(8)) }],
    ['nobody who saw it', { seenBy: [], verdicts: [] }],
    ['one listener twice', { seenBy: [north, { ...north, offset: '45' }] }],
    ['two records at one offset', { seenBy: [north, { ...north, listener: 'south' }] }],
    ['two partitions', { seenBy: [north, { listener: 'south', partition: 4, offset: '44' }] }],
    ['a listener that its endpoint did not show it', { verdicts: [{ ...verdict, verdict: 'not_seen' }] }],
    ['a listener that took it back', { verdicts: [{ ...verdict, verdict: 'taken_back' }] }],
    ['a verdict of a listener that did not see it', { verdicts: [{ ...verdict, listener: 'west' }] }],
  ])('%s', (_what, change) => {
    expect(verifyBundle(forged(change))).toBe(false);
  });

  it('another transaction of the bundle alone', () => {
    expect(verifyBundle({ ...bundle, settlementSignature: base58Encode(new Uint8Array(64).fill(8)) })).toBe(false);
    expect(verifyBundle({ ...bundle, settlementSignature: null })).toBe(false);
  });

  it.each<[string, string, unknown]>([
    ['a slot as number', 'receipt.slot', { ...receipt, slot: 4711 }],
    ['a fee with a sign', 'receipt.feeLamports', { ...receipt, feeLamports: '-1' }],
    ['a block time that is no number', 'receipt.blockTime', { ...receipt, blockTime: 'noon' }],
    ['no list of who saw it', 'receipt.seenBy', { ...receipt, seenBy: 2 }],
    ['an offset as number', 'receipt.seenBy[0].offset', { ...receipt, seenBy: [{ ...north, offset: 41 }] }],
    ['an unknown verdict', 'receipt.verdicts[0].verdict', { ...receipt, verdicts: [{ ...verdict, verdict: 'maybe' }] }],
  ])('%s is no receipt: %s', (_what, field, value) => {
    expect(() => verifyBundle({ ...bundle, receipt: value })).toThrow(
      expect.objectContaining({ code: 'BUNDLE_INVALID', context: { field } }),
    );
  });
});

describe('a forged receipt is found by the chain', () => {
  it.each<[string, Partial<BundledReceipt>]>([
    ['slot', { slot: '4712' }],
    ['blockTime', { blockTime: '1763510421' }],
    ['feeLamports', { feeLamports: '4999' }],
  ])('%s', async (field, change) => {
    expect(verifyBundle(forged(change))).toBe(true);
    const said = await online(forged(change));
    expect([said.verdict, fieldsOf(said)]).toEqual(['refuted', [`receipt.${field}`]]);
  });

  it.each<[string, string, ProgramInstruction[]]>([
    ['another channel', 'channel', [publication(mint, tree.root(), 'other')]],
    ['another epoch', 'epoch', [publication(mint, tree.root(), channel, 901n)]],
    ['another root', 'root', [publication(mint, new Uint8Array(32).fill(7))]],
    ['another mint', 'mint', [publication(otherMint)]],
    ['nothing', 'settlementSignature', []],
  ])('of a transaction that publishes %s', async (_what, field, instructions) => {
    const said = await online(bundle, answer(instructions));
    expect([said.verdict, fieldsOf(said)]).toEqual(['refuted', [field]]);
  });

  it('of a transaction that failed, and of another than was asked for', async () => {
    const failed = await online(bundle, answer([publication()], { err: { InstructionError: [0, { Custom: 6023 }] } }));
    expect([failed.verdict, fieldsOf(failed)]).toEqual(['refuted', ['settlementSignature']]);
    const other = answer([publication()]) as { transaction: { signatures: string[] } };
    other.transaction.signatures = [base58Encode(new Uint8Array(64).fill(8))];
    expect((await online(bundle, other)).verdict).toBe('refuted');
  });

  it('of both ends changed alike: root, channel and epoch are those of the chain', async () => {
    const evil = new MerkleTree([{ claimer: key(9), amount: 10n ** 18n, id: 'twitch:lofi:eve' }]);
    const made = createProofBundle({
      ...{
        tree: evil,
        index: 0,
        claim: { claimer: key(9), amount: 10n ** 18n, id: 'twitch:lofi:eve' },
        channel,
        epoch,
      },
      ...{ settlementSignature: signature, receipt: { ...receipt, root: evil.rootHex() } },
    });
    expect(verifyBundle(made)).toBe(true);
    const said = await online(made);
    expect([said.verdict, fieldsOf(said)]).toEqual(['refuted', ['root']]);
    for (const [change, field] of [
      [{ channel: 'other' }, 'channel'],
      [{ epoch: '901' }, 'epoch'],
    ] as const)
      expect(fieldsOf(await online({ ...bundle, ...change }))).toEqual([field]);
  });
});

describe('what cannot be looked up makes nothing valid', () => {
  it.each<[string, unknown, unknown]>([
    ['a node without the transaction', bundle, null],
    ['an answer that is none', bundle, { slot: 1 }],
    ['a node that does not know the block time', bundle, answer([publication()], {}, { blockTime: null })],
  ])('%s', async (_what, of, found) => {
    const said = await online(of, found);
    expect([said.verdict, said.problems, said.unknown.length]).toEqual(['unknown', [], 1]);
  });

  it('a bundle without a transaction, and a node that is away', async () => {
    const { receipt: _receipt, ...bare } = bundle;
    expect((await online({ ...bare, settlementSignature: null })).verdict).toBe('unknown');
    expect((await verifyBundle(bundle, { rpc: () => Promise.reject(new Error('away')) })).verdict).toBe('unknown');
  });

  it('asks a node by its URL for the finalised transaction', async () => {
    const asked: unknown[] = [];
    const answers: object[] = [{ result: answer([publication()]) }, { error: { code: -32005, message: 'slow down' } }];
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        asked.push(JSON.parse(Buffer.concat(parts).toString('utf8')));
        response.end(JSON.stringify(answers.shift()));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const rpc = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect((await verifyBundle(bundle, { rpc, mint })).verdict).toBe('proven');
      expect(await verifyBundle(bundle, { rpc, mint })).toMatchObject({
        ...{ verdict: 'unknown', unknown: [expect.stringContaining('slow down')] },
      });
    } finally {
      server.close();
      server.closeAllConnections();
    }
    expect(asked[0]).toMatchObject({
      method: 'getTransaction',
      params: [signature, { commitment: 'finalized', maxSupportedTransactionVersion: 1 }],
    });
  });
});
