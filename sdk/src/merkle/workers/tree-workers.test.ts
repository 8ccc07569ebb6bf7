import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToHex } from '../../bytes.ts';
import { keccak256 } from '../../keccak/keccak.ts';
import type { Claim } from '../leaves.ts';
import type { OddNode } from '../levels.ts';
import type { Recipe } from '../recipes.ts';
import { MerkleTree } from '../tree.ts';
import { SUBTREE_LEAVES } from './subtree.ts';
import { buildTreeWithWorkers, TreeWorkers } from './tree-workers.ts';

const sizes = [
  1,
  SUBTREE_LEAVES,
  SUBTREE_LEAVES + 1,
  2 * SUBTREE_LEAVES,
  3 * SUBTREE_LEAVES + 1,
  3 * SUBTREE_LEAVES + 5_001,
];
const oddNodes: OddNode[] = ['duplicate', 'promote'];

function leavesOf(count: number): Uint8Array {
  return Uint8Array.from({ length: 32 * count }, (_, i) => (Math.imul(i, 2654435761) >>> 11) & 255);
}

function claimsOf(count: number): Claim[] {
  const claimer = keccak256(Uint8Array.of(1));
  return Array.from({ length: count }, (_, i) => ({ claimer, amount: BigInt(i), id: `twitch:lofi:üser${i}` }));
}

/** All levels, as one text. */
const digestOf = (tree: MerkleTree): string => tree.levels.map((level) => bytesToHex(keccak256(level))).join(' ');

describe('with two workers', () => {
  let workers: TreeWorkers;
  beforeAll(() => {
    workers = new TreeWorkers({ workers: 2 });
  });
  afterAll(() => workers.close());

  it.each(sizes.flatMap((size) => oddNodes.map((oddNode) => [size, oddNode] as const)))(
    'a tree of %i leaves, odd node %s, is the one made without workers',
    async (size, oddNode) => {
      const leaves = leavesOf(size);
      const before = leaves.slice();
      const tree = await workers.build(leaves, { oddNode });
      expect(digestOf(tree)).toBe(digestOf(MerkleTree.fromLeaves(leaves, { oddNode })));
      expect(Buffer.compare(leaves, before)).toBe(0);
    },
  );

  it.each<Recipe>(['claim-v0', 'claim-v1', 'participation'])(
    '%s claims give the tree made without workers',
    async (recipe) => {
      const claims = claimsOf(2 * SUBTREE_LEAVES + 77);
      const options = { recipe, channel: 'lofi', epoch: 900n, oddNode: 'promote' } as const;
      expect(digestOf(await workers.build(claims, options))).toBe(digestOf(new MerkleTree(claims, options)));
    },
  );

  it('several trees can be under way at once', async () => {
    const claims = [2, 3, 4].map((subtrees) => claimsOf(subtrees * SUBTREE_LEAVES - 1));
    const trees = await Promise.all(claims.map((list) => workers.build(list)));
    expect(trees.map(digestOf)).toEqual(claims.map((list) => digestOf(new MerkleTree(list))));
  });

  it('a bad claim far inside fails its own tree, and the workers live on', async () => {
    const claims = claimsOf(4 * SUBTREE_LEAVES);
    claims[3 * SUBTREE_LEAVES] = { claimer: 'not an address', amount: 1n, id: 'x' };
    await expect(workers.build(claims)).rejects.toMatchObject({ code: 'BASE58_INVALID' });
    const good = claimsOf(SUBTREE_LEAVES + 3);
    expect(digestOf(await workers.build(good))).toBe(digestOf(new MerkleTree(good)));
  });

  it.each<[string, string, () => Promise<MerkleTree>]>([
    ['no claims', 'TREE_EMPTY', () => workers.build([])],
    ['no leaves', 'TREE_EMPTY', () => workers.build(new Uint8Array(0))],
    ['half a leaf', 'LEAVES_LENGTH_INVALID', () => workers.build(new Uint8Array(16))],
    ['an unknown rule', 'ODD_NODE_UNKNOWN', () => workers.build(leavesOf(1), { oddNode: 'drop' as never })],
  ])('%s: %s', async (_what, code, build) => {
    await expect(build()).rejects.toMatchObject({ code });
  });
});

describe('where memory may not be shared', () => {
  const host = globalThis as { SharedArrayBuffer?: unknown };
  const shared = host.SharedArrayBuffer;
  afterAll(() => {
    host.SharedArrayBuffer = shared;
  });

  it('memory is handed to the workers and back, and the tree is the same', async () => {
    host.SharedArrayBuffer = undefined;
    const claims = claimsOf(3 * SUBTREE_LEAVES + 5);
    const tree = await buildTreeWithWorkers(claims, { workers: 2, oddNode: 'promote' });
    host.SharedArrayBuffer = shared;
    expect(tree.levels.every((level) => level.buffer instanceof ArrayBuffer)).toBe(true);
    expect(digestOf(tree)).toBe(digestOf(new MerkleTree(claims, { oddNode: 'promote' })));
  });

  it('an input longer than the memory made for it grows that memory', async () => {
    const claims = claimsOf(SUBTREE_LEAVES + 5).map((claim) => ({ ...claim, id: claim.id.repeat(9) }));
    host.SharedArrayBuffer = undefined;
    const handedOver = await buildTreeWithWorkers(claims, { workers: 1 });
    host.SharedArrayBuffer = shared;
    const inPlace = await buildTreeWithWorkers(claims, { workers: 1 });
    expect([handedOver, inPlace].map(digestOf)).toEqual([1, 2].map(() => digestOf(new MerkleTree(claims))));
  });
});

it('what a tree in shared memory hands out is not shared', async () => {
  const tree = await buildTreeWithWorkers(leavesOf(SUBTREE_LEAVES + 1), { workers: 1 });
  for (const bytes of [tree.root(), tree.leaf(3), ...tree.proof(3)]) expect(bytes.buffer).toBeInstanceOf(ArrayBuffer);
});

it('one call starts workers for its own tree and ends them', async () => {
  const claims = claimsOf(SUBTREE_LEAVES + 9);
  expect(digestOf(await buildTreeWithWorkers(claims, { workers: 1 }))).toBe(digestOf(new MerkleTree(claims)));
});

it('trees under way fail when the workers are closed', async () => {
  const workers = new TreeWorkers({ workers: 1 });
  const tree = workers.build(leavesOf(2 * SUBTREE_LEAVES));
  await Promise.all([workers.close(), expect(tree).rejects.toMatchObject({ code: 'WORKER_FAILED' })]);
  await expect(workers.build(leavesOf(2 * SUBTREE_LEAVES))).rejects.toMatchObject({ code: 'WORKER_FAILED' });
});

it('a worker program that cannot be loaded fails the tree', async () => {
  const workerUrl = new URL('./no-such-file.ts', import.meta.url);
  await expect(buildTreeWithWorkers(leavesOf(SUBTREE_LEAVES + 1), { workers: 1, workerUrl })).rejects.toMatchObject({
    code: 'WORKER_FAILED',
  });
});

it.each([0, -1, 1.5, 65])('%d workers are refused', (count) => {
  expect(() => new TreeWorkers({ workers: count })).toThrow(expect.objectContaining({ code: 'WORKER_COUNT_INVALID' }));
});
