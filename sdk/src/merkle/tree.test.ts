import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keccak_256 } from '@noble/hashes/sha3.js';
import fc from 'fast-check';
import { bytesToHex } from '../bytes.ts';
import { useKeccakKernel } from '../keccak/active-kernel.ts';
import type { KeccakKernelKind } from '../keccak/kernel.ts';
import { participantHash } from './channel.ts';
import { type Claim, computeClaimLeaf, computeParticipationLeaf } from './leaves.ts';
import type { OddNode } from './levels.ts';
import { proofPositions, verifyProof } from './proof.ts';
import { MerkleTree } from './tree.ts';

const hash32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const oddNodes = fc.constantFrom<OddNode>('duplicate', 'promote');
const claims = fc.array(
  fc.record({
    claimer: hash32,
    amount: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    id: fc.string({ unit: 'grapheme' }),
  }),
  { minLength: 1, maxLength: 40 },
);

/** The rules again, one node at a time, with nothing shared with the code under test. */
function naiveRoot(leaves: readonly Uint8Array[], oddNode: OddNode): string {
  let nodes: Buffer[] = leaves.map((leaf) => Buffer.from(leaf));
  while (nodes.length > 1) {
    const parents: Buffer[] = [];
    for (let i = 0; i < nodes.length; i += 2) {
      const left = nodes[i] as Buffer;
      const right = nodes[i + 1] ?? (oddNode === 'duplicate' ? left : undefined);
      parents.push(right ? Buffer.from(keccak_256(Buffer.concat([left, right].sort(Buffer.compare)))) : left);
    }
    nodes = parents;
  }
  return (nodes[0] as Buffer).toString('hex');
}

const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => keccak_256(Uint8Array.of(i & 255, i >> 8)));

function codeOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

describe.each<KeccakKernelKind>(['wasm-simd', 'javascript'])('with the %s kernel', (kind) => {
  beforeAll(() => useKeccakKernel(kind));
  afterAll(() => useKeccakKernel('wasm-simd'));

  it.each<OddNode>(['duplicate', 'promote'])(
    '%s: every size from 1 to 300 has the root of the plain rules',
    (oddNode) => {
      for (let count = 1; count <= 300; count++) {
        const leaves = leavesOf(count);
        expect(MerkleTree.fromLeaves(leaves, { oddNode }).rootHex()).toBe(naiveRoot(leaves, oddNode));
      }
    },
  );

  it('every proof of every claim verifies, and leads nowhere once any of its bytes has changed', () => {
    fc.assert(
      fc.property(
        claims,
        oddNodes,
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (given, oddNode, pick, at, flip) => {
          const tree = new MerkleTree(given, { oddNode });
          const root = tree.root();
          for (let i = 0; i < tree.size; i++) expect(verifyProof(tree.leaf(i), tree.proof(i), root)).toBe(true);
          const index = pick % tree.size;
          const parts = [tree.leaf(index), ...tree.proof(index), root];
          const changed = parts[at % parts.length] ?? root;
          const byte = pick % 32;
          changed.set([(changed[byte] ?? 0) ^ flip], byte);
          expect(verifyProof(parts[0] as Uint8Array, parts.slice(1, -1), parts.at(-1))).toBe(false);
        },
      ),
    );
  });

  it('hashes claims as the leaf function does, in the order given', () => {
    fc.assert(
      fc.property(claims, oddNodes, (given, oddNode) => {
        const leaves = given.map((claim, index) => computeClaimLeaf({ ...claim, index }));
        const tree = new MerkleTree(given, { oddNode });
        expect(leaves.map((_, i) => bytesToHex(tree.leaf(i)))).toEqual(leaves.map(bytesToHex));
        expect(tree.rootHex()).toBe(naiveRoot(leaves, oddNode));
      }),
    );
  });

  it('has one participation leaf a user, in the order first seen', () => {
    const ids = ['twitch:lofi:Ann', 'twitch:lofi:bob', 'ann', 'x:ANN', 'kick:eve', 'bob'];
    const given: Claim[] = ids.map((id, i) => ({ claimer: new Uint8Array(32), amount: BigInt(i), id }));
    const tree = new MerkleTree(given, { recipe: 'participation', channel: 'lofi', epoch: 900n });
    const expected = ['ann', 'bob', 'eve'].map((user) =>
      computeParticipationLeaf({ userHash: participantHash(user), channel: 'lofi', epoch: 900 }),
    );
    expect(tree.size).toBe(3);
    expect([0, 1, 2].map((i) => tree.leaf(i))).toEqual(expected);
  });
});

describe('levels', () => {
  it('lie flat, each half of the one below, and take no more than 64 bytes a leaf', () => {
    const tree = MerkleTree.fromLeaves(leavesOf(5));
    expect(tree.levels.map((level) => level.length)).toEqual([160, 96, 64, 32]);
    expect(new Set(tree.levels.map((level) => level.buffer)).size).toBe(1);
    const large = MerkleTree.fromLeaves(new Uint8Array(100_003 * 32));
    expect((large.levels[0] as Uint8Array).buffer.byteLength / 100_003).toBeLessThan(65);
  });

  it('are taken back as they are, without hashing', () => {
    const tree = MerkleTree.fromLeaves(leavesOf(11), { oddNode: 'promote' });
    const stored = tree.levels.map((level) => level.slice());
    (stored.at(-1) as Uint8Array).fill(7);
    const loaded = MerkleTree.fromLevels(stored, { oddNode: 'promote' });
    expect(loaded.rootHex()).toBe('07'.repeat(32));
    expect(loaded.proof(10)).toEqual(tree.proof(10));
  });

  it('can be stored node by node: the positions of a proof name what must be read', () => {
    for (const oddNode of ['duplicate', 'promote'] as const) {
      const tree = MerkleTree.fromLeaves(leavesOf(13), { oddNode });
      for (let index = 0; index < 13; index++) {
        const nodes = proofPositions(13, index, oddNode).map(({ level, index: at }) =>
          (tree.levels[level] as Uint8Array).slice(32 * at, 32 * at + 32),
        );
        expect(nodes).toEqual(tree.proof(index));
      }
    }
  });

  it('cannot be changed through what the tree hands out', () => {
    const tree = MerkleTree.fromLeaves(leavesOf(3));
    const root = tree.rootHex();
    tree.root().fill(0);
    tree.leaf(0).fill(0);
    for (const node of tree.proof(0)) node.fill(0);
    expect(verifyProof(tree.leaf(0), tree.proof(0), tree.root())).toBe(true);
    expect(tree.rootHex()).toBe(root);
  });
});

describe('one leaf', () => {
  it('is its own root and has an empty proof', () => {
    const [leaf] = leavesOf(1) as [Uint8Array];
    const tree = MerkleTree.fromLeaves([leaf]);
    expect(tree.root()).toEqual(leaf);
    expect(tree.proof(0)).toEqual([]);
    expect(verifyProof(leaf, [], leaf)).toBe(true);
  });
});

describe('bad input is refused by code', () => {
  const claim: Claim = { claimer: new Uint8Array(32), amount: 1n, id: 'a' };
  const tree = MerkleTree.fromLeaves(leavesOf(4));
  const wrong = (value: unknown): never => value as never;

  it.each<[string, string, () => unknown]>([
    ['no claims', 'TREE_EMPTY', () => new MerkleTree([])],
    ['no leaves', 'TREE_EMPTY', () => MerkleTree.fromLeaves([])],
    ['no leaf bytes', 'TREE_EMPTY', () => MerkleTree.fromLeaves(new Uint8Array(0))],
    ['no levels', 'TREE_EMPTY', () => MerkleTree.fromLevels([])],
    ['no participations', 'TREE_EMPTY', () => new MerkleTree([], { recipe: 'participation', channel: 'a', epoch: 1 })],
    ['leaf bytes that are not whole leaves', 'LEAVES_LENGTH_INVALID', () => MerkleTree.fromLeaves(new Uint8Array(33))],
    ['a leaf of 31 bytes', 'HASH_LENGTH_INVALID', () => MerkleTree.fromLeaves([new Uint8Array(31)])],
    ['a level missing', 'LEVELS_INVALID', () => MerkleTree.fromLevels(tree.levels.slice(0, -1))],
    ['a level too short', 'LEVELS_INVALID', () => MerkleTree.fromLevels([tree.leaf(0), tree.leaf(0)])],
    ['an index past the end', 'LEAF_INDEX_OUT_OF_RANGE', () => tree.proof(4)],
    ['a negative index', 'LEAF_INDEX_OUT_OF_RANGE', () => tree.proof(-1)],
    ['a broken index', 'LEAF_INDEX_OUT_OF_RANGE', () => tree.leaf(0.5)],
    ['an index that is no number', 'LEAF_INDEX_OUT_OF_RANGE', () => tree.leaf(wrong('0'))],
    ['an amount of 2^64', 'U64_OUT_OF_RANGE', () => new MerkleTree([{ ...claim, amount: 2n ** 64n }])],
    ['a negative amount', 'U64_OUT_OF_RANGE', () => new MerkleTree([{ ...claim, amount: -1n }])],
    ['an amount as number', 'U64_OUT_OF_RANGE', () => new MerkleTree([{ ...claim, amount: wrong(5) }])],
    ['an index of 2^32', 'U32_OUT_OF_RANGE', () => computeClaimLeaf({ ...claim, index: 2 ** 32 })],
    ['claims out of order', 'CLAIM_INDEX_MISMATCH', () => new MerkleTree([{ ...claim, index: 1 }])],
    ['an id that is no text', 'CLAIM_ID_INVALID', () => new MerkleTree([{ ...claim, id: wrong(5) }])],
    ['a claimer of 31 bytes', 'ADDRESS_INVALID', () => new MerkleTree([{ ...claim, claimer: new Uint8Array(31) }])],
    ['a claimer that is no address', 'BASE58_INVALID', () => new MerkleTree([{ ...claim, claimer: '0' }])],
    ['no claimer', 'ADDRESS_INVALID', () => new MerkleTree([{ ...claim, claimer: wrong(undefined) }])],
    [
      'claim-v1 without an epoch',
      'RECIPE_OPTION_MISSING',
      () => new MerkleTree([claim], { recipe: 'claim-v1', channel: 'a' }),
    ],
    [
      'participation without a channel',
      'RECIPE_OPTION_MISSING',
      () => new MerkleTree([claim], { recipe: 'participation', epoch: 1 }),
    ],
    [
      'an epoch of 2^64',
      'U64_OUT_OF_RANGE',
      () => new MerkleTree([claim], { recipe: 'claim-v1', channel: 'a', epoch: 2n ** 64n }),
    ],
    [
      'an epoch past 2^53 as number',
      'U64_OUT_OF_RANGE',
      () => computeParticipationLeaf({ user: 'a', channel: 'a', epoch: 2 ** 53 }),
    ],
    ['an unknown recipe', 'RECIPE_UNKNOWN', () => new MerkleTree([claim], { recipe: wrong('claim-v9') })],
    ['an unknown rule for odd nodes', 'ODD_NODE_UNKNOWN', () => new MerkleTree([claim], { oddNode: wrong('drop') })],
    ['a leaf of 33 bytes to verify', 'HASH_LENGTH_INVALID', () => verifyProof(new Uint8Array(33), [], tree.root())],
    [
      'a proof node of 16 bytes',
      'HASH_LENGTH_INVALID',
      () => verifyProof(tree.leaf(0), [new Uint8Array(16)], tree.root()),
    ],
    ['a root of 20 bytes', 'HASH_LENGTH_INVALID', () => verifyProof(tree.leaf(0), [], new Uint8Array(20))],
    [
      'a user hash of 8 bytes',
      'HASH_LENGTH_INVALID',
      () => computeParticipationLeaf({ userHash: new Uint8Array(8), channel: 'a', epoch: 1 }),
    ],
  ])('%s: %s', (_what, code, action) => {
    expect(codeOf(action)).toBe(code);
  });
});
