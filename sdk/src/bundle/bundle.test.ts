import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { base58Encode, bytesToHex } from '../bytes.ts';
import type { Claim } from '../merkle/leaves.ts';
import type { Recipe } from '../merkle/recipes.ts';
import { MerkleTree } from '../merkle/tree.ts';
import { createProofBundle, verifyBundle } from './bundle.ts';
import { parseProofBundle } from './parse.ts';
import type { ProofBundle } from './proof-bundle.ts';

const schema = z.fromJSONSchema(
  JSON.parse(readFileSync(new URL('../../proof-bundle.schema.json', import.meta.url), 'utf8')) as Parameters<
    typeof z.fromJSONSchema
  >[0],
);
const claims: Claim[] = Array.from({ length: 7 }, (_, i) => ({
  claimer: new Uint8Array(32).fill(i + 1),
  amount: 2n ** 64n - 1n - BigInt(i),
  id: `twitch:lofi:user${i}`,
}));
const signature = base58Encode(new Uint8Array(64).fill(9));
const recipes: Recipe[] = ['claim-v0', 'claim-v1', 'participation'];

function bundleOf(recipe: Recipe, index = 5): ProofBundle {
  const place = { channel: 'lofi', epoch: 2n ** 60n + 1n, recipe };
  const tree = new MerkleTree(claims, place);
  return createProofBundle({ tree, index, claim: claims[index] as Claim, settlementSignature: signature, ...place });
}

describe.each(recipes)('a %s bundle', (recipe) => {
  it('verifies after a journey as JSON text, for every claim', () => {
    for (const index of claims.keys()) {
      const text = JSON.stringify(bundleOf(recipe, index));
      expect(verifyBundle(text)).toBe(true);
      expect(verifyBundle(JSON.parse(text))).toBe(true);
    }
  });

  it('follows the published JSON Schema', () => {
    expect(schema.safeParse(bundleOf(recipe)).error).toBeUndefined();
  });

  it('may wait for its settlement', () => {
    const { settlementSignature, ...waiting } = bundleOf(recipe);
    expect(settlementSignature).toBe(signature);
    expect(parseProofBundle(waiting).settlementSignature).toBeNull();
    expect(verifyBundle(waiting)).toBe(true);
    expect(schema.safeParse(waiting).success).toBe(true);
  });

  it('does not verify with any digit of its proof or root changed', () => {
    const bundle = bundleOf(recipe);
    const hashes = [bundle.root, ...bundle.proof];
    fc.assert(
      fc.property(fc.nat(hashes.length - 1), fc.nat(63), fc.integer({ min: 1, max: 15 }), (which, digit, added) => {
        const changed = hashes.map((hash, i) => {
          if (i !== which) return hash;
          const value = ((Number.parseInt(hash[digit] ?? '0', 16) + added) % 16).toString(16);
          return hash.slice(0, digit) + value + hash.slice(digit + 1);
        });
        expect(verifyBundle({ ...bundle, root: changed[0], proof: changed.slice(1) })).toBe(false);
      }),
    );
  });
});

it('a claim with another amount, id, index or claimer does not verify', () => {
  const bundle = bundleOf('claim-v0') as ProofBundle & { recipe: 'claim-v0' };
  for (const change of [
    { amount: '1' },
    { id: 'twitch:lofi:eve' },
    { index: 4 },
    { claimer: base58Encode(new Uint8Array(32)) },
  ]) {
    expect(verifyBundle({ ...bundle, claim: { ...bundle.claim, ...change } })).toBe(false);
  }
});

it.each<[Recipe, boolean]>([
  ['claim-v0', true],
  ['claim-v1', false],
  ['participation', false],
])(
  'a %s bundle that names another channel or epoch verifies: %s, as its leaf binds them or not',
  (recipe, verifies) => {
    expect(verifyBundle({ ...bundleOf(recipe), channel: 'other' })).toBe(verifies);
    expect(verifyBundle({ ...bundleOf(recipe), epoch: '7' })).toBe(verifies);
  },
);

describe.each(['duplicate', 'promote'] as const)('a bundle of a tree with odd nodes by %s', (oddNode) => {
  const tree = new MerkleTree(claims, { oddNode });
  const bundleAt = (index: number) =>
    createProofBundle({ tree, index, claim: claims[index] as Claim, channel: 'lofi', epoch: 1 });

  it('verifies at every index, and not at another height or in another tree', () => {
    for (const index of claims.keys()) {
      const bundle = bundleAt(index);
      expect(bundle.tree).toEqual({ leafCount: 7, oddNode });
      expect(verifyBundle(bundle)).toBe(true);
      // Trees with less than this leaf, and taller ones.
      for (const leafCount of [index, 9, 100, 2 ** 32 - 1]) {
        expect(verifyBundle({ ...bundle, tree: { leafCount, oddNode } })).toBe(false);
      }
    }
  });

  it('verifies without the form of its tree, as older versions made it', () => {
    const { tree: _form, ...older } = bundleAt(6);
    expect(verifyBundle(older)).toBe(true);
  });
});

it('the root of a tree is no claim of it: a claim that hashes to an inner node has not the height of a leaf', () => {
  const one = new MerkleTree(claims.slice(0, 1));
  const bundle = createProofBundle({ tree: one, index: 0, claim: claims[0] as Claim, channel: 'lofi', epoch: 1 });
  expect(verifyBundle(bundle)).toBe(true);
  expect(verifyBundle({ ...bundle, tree: { leafCount: 2, oddNode: 'duplicate' } })).toBe(false);
  // A tree of one and a half: the last node is paired with itself, and with nothing else.
  const three = new MerkleTree(claims.slice(0, 3));
  const last = createProofBundle({ tree: three, index: 2, claim: claims[2] as Claim, channel: 'lofi', epoch: 1 });
  expect(last.proof[0]).toBe(bytesToHex(three.leaf(2)));
  const forged = MerkleTree.fromLeaves(
    [...claims.keys()].slice(0, 4).map((i) => (i === 3 ? three.leaf(0) : three.leaf(i))),
  );
  const inForged = { ...last, proof: forged.proof(2).map(bytesToHex), root: forged.rootHex() };
  expect(verifyBundle(inForged)).toBe(false);
  expect(verifyBundle({ ...inForged, tree: { leafCount: 4, oddNode: 'duplicate' } })).toBe(true);
});

it('a bundle is not made for a claim that the leaf was not made from', () => {
  const tree = new MerkleTree(claims);
  expect(() => createProofBundle({ tree, index: 0, claim: claims[1] as Claim, channel: 'lofi', epoch: 1 })).toThrow(
    expect.objectContaining({ code: 'BUNDLE_UNPROVABLE' }),
  );
  expect(() => createProofBundle({ tree, index: 7, claim: claims[0] as Claim, channel: 'lofi', epoch: 1 })).toThrow(
    expect.objectContaining({ code: 'LEAF_INDEX_OUT_OF_RANGE' }),
  );
});

describe('what is no bundle is refused, with the path of the field', () => {
  const bundle = bundleOf('claim-v0') as ProofBundle & { recipe: 'claim-v0' };
  const participation = bundleOf('participation');

  it.each<[string, string, unknown]>([
    ['text that is not JSON', 'bundle', '{'],
    ['a list', 'bundle', []],
    ['nothing', 'bundle', null],
    ['another format', 'format', { ...bundle, format: 'attention-oracle/proof-bundle/2' }],
    ['an unknown recipe', 'recipe', { ...bundle, recipe: 'claim-v9' }],
    ['no claim', 'claim', { ...bundle, claim: undefined }],
    ['no participation', 'participation', { ...participation, participation: undefined }],
    ['a short user hash', 'participation.userHash', { ...participation, participation: { userHash: 'ab', index: 0 } }],
    ['an epoch as number', 'epoch', { ...bundle, epoch: 5 }],
    ['an epoch of 2^64', 'epoch', { ...bundle, epoch: '18446744073709551616' }],
    ['a channel that is no text', 'channel', { ...bundle, channel: 1 }],
    ['an amount with a sign', 'claim.amount', { ...bundle, claim: { ...bundle.claim, amount: '-1' } }],
    ['an index of 2^32', 'claim.index', { ...bundle, claim: { ...bundle.claim, index: 2 ** 32 } }],
    [
      'a claimer of 31 bytes',
      'claim.claimer',
      { ...bundle, claim: { ...bundle.claim, claimer: base58Encode(new Uint8Array(31).fill(1)) } },
    ],
    [
      'a claimer that is not base58',
      'claim.claimer',
      { ...bundle, claim: { ...bundle.claim, claimer: '0'.repeat(44) } },
    ],
    ['an id that is no text', 'claim.id', { ...bundle, claim: { ...bundle.claim, id: null } }],
    ['a root with 0x', 'root', { ...bundle, root: `0x${bundle.root}` }],
    ['a proof that is no list', 'proof', { ...bundle, proof: 'ab' }],
    ['an endless proof', 'proof', { ...bundle, proof: Array.from({ length: 65 }, () => bundle.root) }],
    ['a short proof node', 'proof[1]', { ...bundle, proof: [bundle.root, 'ab'] }],
    ['a tree without a number of leaves', 'tree.leafCount', { ...bundle, tree: { oddNode: 'duplicate' } }],
    ['a tree with an unknown rule', 'tree.oddNode', { ...bundle, tree: { leafCount: 7, oddNode: 'drop' } }],
    ['a tree that is a number', 'tree', { ...bundle, tree: 7 }],
    ['a signature of 32 bytes', 'settlementSignature', { ...bundle, settlementSignature: bundle.claim.claimer }],
  ])('%s: %s', (_what, field, source) => {
    expect(() => verifyBundle(source)).toThrow(expect.objectContaining({ code: 'BUNDLE_INVALID', context: { field } }));
  });

  it('and by the JSON Schema, where that can tell', () => {
    const isValid = (value: unknown): boolean => schema.safeParse(JSON.parse(JSON.stringify(value))).success;
    expect(isValid(bundle)).toBe(true);
    expect(isValid({ ...bundle, claim: undefined })).toBe(false);
    expect(isValid({ ...bundle, epoch: 5 })).toBe(false);
    expect(isValid({ ...bundle, proof: [bundle.root, 'ab'] })).toBe(false);
    expect(isValid({ ...participation, participation: undefined })).toBe(false);
  });
});
