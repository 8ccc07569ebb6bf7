/** What verify() calls valid is a stored leaf of a root of ours, at its index, with its whole path, and nothing that contradicts it. */

import { bytesToHex, MerkleTree, rootOfProof } from '@attention-oracle/sdk';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Keypair } from '@solana/web3.js';
import { dataOf, GatewayRig, type RunningGateway } from './testing/rig.ts';
import { type SeededRoot, type SeedOptions, seedRoot } from './testing/seed.ts';

let rig: GatewayRig;
let gateway: RunningGateway;
const seeds: SeedOptions[] = [
  { channel: 'one', epoch: 1, count: 1, settled: true },
  { channel: 'two', epoch: 1, count: 2, settled: false },
  { channel: 'five', epoch: 1, count: 5, settled: true },
  { channel: 'five-up', epoch: 1, count: 5, settled: true, oddNode: 'promote' },
  { channel: 'odd-up', epoch: 1, count: 11, settled: true, oddNode: 'promote' },
  { channel: 'chunks', epoch: 1, count: 600, settled: true },
  { channel: 'chunks-up', epoch: 1, count: 515, settled: false, oddNode: 'promote' },
  { channel: 'v1', epoch: 1, count: 6, settled: false, recipe: 'claim-v1' },
  { channel: 'party', epoch: 1, count: 6, settled: false, recipe: 'participation' },
];
const roots = new Map<string, SeededRoot>();
const AMOUNT = 77n;

beforeAll(async () => {
  rig = await GatewayRig.create();
  for (const seed of seeds) roots.set(seed.channel, await seedRoot(rig.pool, { ...seed, amount: AMOUNT }));
  gateway = await rig.start();
});

afterAll(async () => {
  await rig.stop();
});

interface Input {
  leaf?: string;
  user?: string;
  index?: number;
  amount?: string;
  id?: string;
  proof: string[];
  root: string;
}

interface Verdict {
  readonly valid: boolean;
  readonly reason: string | null;
  readonly leads: boolean;
  readonly known: boolean;
}

async function verify(input: Input): Promise<Verdict> {
  const answer = await gateway.ask<{ verify: Verdict }>(
    'query ($input: VerifyInput!) { verify(input: $input) { valid reason leads known } }',
    { input },
  );
  return dataOf(answer).verify;
}

async function verifyByRest(claimId: string, path: readonly string[], root: string): Promise<unknown> {
  const { status, body } = await gateway.post('/api/v1/verify', { claim_id: claimId, merkle_path: path, root });
  return status === 200 ? body['valid'] : status;
}

function rootOf(channel: string): SeededRoot {
  const root = roots.get(channel);
  if (root === undefined) throw new Error(channel);
  return root;
}

const hex = (nodes: readonly Uint8Array[]): string[] => nodes.map(bytesToHex);

function parts(
  { channel, users }: SeededRoot,
  index: number,
): Required<Pick<Input, 'user' | 'index' | 'amount' | 'id'>> {
  return { user: users[index] ?? '', index, amount: AMOUNT.toString(), id: `twitch:${channel}:user${index}` };
}

const bare = ({ tree }: SeededRoot, index: number): Input => ({
  leaf: bytesToHex(tree.leaf(index)),
  proof: hex(tree.proof(index)),
  root: tree.rootHex(),
});

const channels = seeds.map(({ channel }) => channel);
const VALID = { valid: true, reason: null, leads: true, known: true };

describe.each(channels)('root %s', (channel) => {
  it('has each of its leaves, as a leaf, by its index and from its parts', async () => {
    const root = rootOf(channel);
    const { tree, eventIds } = root;
    const { length } = root.users;
    for (const index of new Set(
      [0, 1, 2, 3, 4, 10, 255, 256, 300, 511, 512, 514, length - 1].filter((one) => one < length),
    )) {
      const input = bare(root, index);
      expect(await verify(input)).toEqual(VALID);
      expect(await verify({ ...input, index })).toEqual(VALID);
      expect(await verify({ ...input, ...parts(root, index) })).toEqual(VALID);
      const { leaf, ...withoutLeaf } = { ...input, ...parts(root, index) };
      expect(await verify(withoutLeaf)).toEqual(VALID);
      expect(await verifyByRest(leaf ?? '', input.proof, input.root)).toBe(true);
      expect(await verifyByRest(`0x${leaf?.toUpperCase()}`, input.proof, input.root)).toBe(true);
      expect(await verifyByRest(eventIds[index] ?? '', hex(tree.proof(index)), tree.rootHex())).toBe(true);
    }
  });

  it('does not take itself for a leaf, nor any other inner node', async () => {
    const { tree } = rootOf(channel);
    const [leaves = new Uint8Array()] = tree.levels;
    if (leaves.length === 32) return;
    const root = tree.rootHex();
    expect(await verify({ leaf: root, proof: [], root })).toMatchObject({
      valid: false,
      reason: 'NOT_A_LEAF',
      leads: true,
    });
    expect(await verify({ leaf: root, index: 0, proof: [], root })).toMatchObject({
      valid: false,
      reason: 'NOT_A_LEAF',
    });
    expect(await verifyByRest(root, [], root)).toBe(false);
    const last = leaves.length / 32 - 1;
    for (const index of [0, last]) {
      const path = tree.proof(index);
      for (let steps = 1; steps < path.length; steps += 1) {
        const inner = bytesToHex(rootOfProof(tree.leaf(index), path.slice(0, steps)));
        const shorter = { leaf: inner, proof: hex(path.slice(steps)), root };
        expect(await verify(shorter)).toMatchObject({ valid: false, leads: true, reason: 'NOT_A_LEAF' });
        expect(await verify({ ...shorter, index: index >> steps })).toMatchObject({ valid: false });
        expect(await verifyByRest(inner, shorter.proof, root)).toBe(false);
      }
    }
  });

  it('does not have a leaf at another index', async () => {
    const root = rootOf(channel);
    const others = [root.users.length - 1, root.users.length, 2 ** 31 - 1].filter((index) => index !== 0);
    for (const index of others) {
      expect(await verify({ ...bare(root, 0), index })).toMatchObject({ valid: false, reason: 'NOT_A_LEAF' });
    }
  });

  it('does not take a leaf beside another user, amount, id or index', async () => {
    const root = rootOf(channel);
    const wrong = { user: Keypair.generate().publicKey.toBase58(), amount: '78', id: 'twitch:eve', index: 9 };
    for (const [name, value] of Object.entries(wrong)) {
      const whole = { ...bare(root, 0), ...parts(root, 0), [name]: value };
      const { recipe } = seeds.find((seed) => seed.channel === channel) ?? {};
      // The leaf of a participation is made of the user's name alone.
      if (recipe !== 'participation' || name === 'id')
        expect(await verify(whole)).toMatchObject({ valid: false, reason: 'CONTRADICTORY' });
      expect(await verify({ ...bare(root, 0), [name]: value })).toMatchObject({ valid: false });
    }
  });
});

describe('a root that is not known', () => {
  const tree = new MerkleTree(
    [0, 1, 2].map((index) => ({ claimer: new Uint8Array(32).fill(index), amount: 1n, id: 'x' })),
  );

  it('has no valid leaves: nobody knows what they are; that the path leads to it is told', async () => {
    const input = { leaf: bytesToHex(tree.leaf(1)), proof: hex(tree.proof(1)), root: tree.rootHex() };
    expect(await verify(input)).toEqual({ valid: false, reason: 'ROOT_UNKNOWN', leads: true, known: false });
    expect(await verifyByRest(input.leaf, input.proof, input.root)).toBe(false);
    expect(await verify({ ...input, proof: [] })).toMatchObject({
      valid: false,
      reason: 'PATH_LEADS_ELSEWHERE',
      leads: false,
    });
  });

  it('may be an inner node of one that is', async () => {
    const known = rootOf('five').tree;
    const path = known.proof(0);
    const inner = bytesToHex(rootOfProof(known.leaf(0), path.slice(0, 2)));
    const answer = await verify({ leaf: bytesToHex(known.leaf(0)), proof: hex(path.slice(0, 2)), root: inner });
    expect(answer).toMatchObject({ valid: false, known: false });
  });
});

it('a root whose tree is not stored has no valid leaves yet', async () => {
  for (const treeState of ['pending', 'mismatch'] as const) {
    const root = await seedRoot(rig.pool, { channel: treeState, epoch: 1, count: 3, settled: false, treeState });
    expect(await verify(bare(root, 1))).toEqual({ valid: false, reason: 'TREE_NOT_STORED', leads: true, known: true });
    expect(await verifyByRest(root.eventIds[1] ?? '', hex(root.tree.proof(1)), root.tree.rootHex())).toBe(404);
  }
});

it('a path to another root, and one that is too long, do not lead to this one', async () => {
  const root = rootOf('five');
  const input = bare(root, 2);
  expect(await verify({ ...input, root: rootOf('two').tree.rootHex() })).toMatchObject({
    reason: 'PATH_LEADS_ELSEWHERE',
  });
  expect(await verify({ ...input, proof: [...input.proof, input.root] })).toMatchObject({
    reason: 'PATH_LEADS_ELSEWHERE',
  });
  expect(await verifyByRest(root.eventIds[3] ?? '', input.proof, input.root)).toBe(false);
  expect(await verifyByRest(rootOf('two').eventIds[1] ?? '', input.proof, input.root)).toBe(false);
});

it('too little is refused with what is missing', async () => {
  const { leaf: _leaf, ...rest } = bare(rootOf('five'), 2);
  await expect(verify({ ...rest, user: '1'.repeat(32) })).rejects.toThrow(
    /Give leaf, or all of user, index, amount and id/,
  );
  await expect(verify({ ...rest, proof: Array.from({ length: 65 }, () => rest.root) })).rejects.toThrow(/at most 64/);
  await expect(verify({ ...bare(rootOf('five'), 2), index: -1 })).rejects.toThrow(/index/);
});
