import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { base58Encode, bytesToHex, hexToBytes } from '../bytes.ts';
import { useKeccakKernel } from '../keccak/active-kernel.ts';
import type { KeccakKernelKind } from '../keccak/kernel.ts';
import { streamerKey } from './channel.ts';
import { type Claim, computeClaimLeaf, computeClaimLeafV1, computeParticipationLeaf } from './leaves.ts';
import type { OddNode } from './levels.ts';
import { rootOfProof, verifyProof } from './proof.ts';
import { MerkleTree } from './tree.ts';

interface StoredClaim {
  claimer: string;
  index: number;
  amount: string;
  id: string;
}

interface TreeVector {
  channel: string;
  epoch: string;
  subject: string;
  leafVersion: 0 | 1;
  oddNode: OddNode;
  count: number;
  claims: StoredClaim[];
  firstLeaf: string;
  lastLeaf: string;
  root: string;
  proofs: { index: number; proof: string[] }[];
}

interface LegacyVector {
  channel: string;
  epoch: string;
  participants: number;
  index: number;
  userHash: string;
  leaf?: string;
  root: string;
  proof: string[];
}

function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8')) as T;
}

const vectors = fixture<TreeVector[]>('vectors/merkle-trees.json');
const recorded =
  fixture<{ channel: string; epoch: number; root: string; claims: StoredClaim[] }[]>('recorded/trees.json');
const legacy = fixture<{ participationTree: LegacyVector[] }>('vectors/legacy-roots.json').participationTree;

const toClaim = (claim: StoredClaim): Claim & { index: number } => ({ ...claim, amount: BigInt(claim.amount) });

function treeOf(vector: TreeVector): MerkleTree {
  return new MerkleTree(vector.claims.map(toClaim), {
    recipe: vector.leafVersion === 0 ? 'claim-v0' : 'claim-v1',
    oddNode: vector.oddNode,
    channel: vector.channel,
    epoch: BigInt(vector.epoch),
  });
}

describe.each<KeccakKernelKind>(['wasm-simd', 'javascript'])('with the %s kernel', (kind) => {
  beforeAll(() => useKeccakKernel(kind));
  afterAll(() => useKeccakKernel('wasm-simd'));

  it.each(vectors.map((vector) => [vector.channel, vector.count, vector.leafVersion, vector.oddNode, vector] as const))(
    'the tree of %s with %i claims, leaf version %i, odd node %s is the one computed elsewhere',
    (_channel, _count, leafVersion, _oddNode, vector) => {
      const tree = treeOf(vector);
      expect(tree.size).toBe(vector.count);
      expect(tree.rootHex()).toBe(vector.root);
      expect(bytesToHex(tree.leaf(0))).toBe(vector.firstLeaf);
      expect(bytesToHex(tree.leaf(vector.count - 1))).toBe(vector.lastLeaf);
      for (const { index, proof } of vector.proofs) {
        expect(tree.proof(index).map(bytesToHex)).toEqual(proof);
        expect(verifyProof(tree.leaf(index), proof.map(hexToBytes), hexToBytes(vector.root))).toBe(true);
        const claim = toClaim(vector.claims[index] as StoredClaim);
        const leaf =
          leafVersion === 0
            ? computeClaimLeaf(claim)
            : computeClaimLeafV1({ ...claim, channel: vector.channel, epoch: BigInt(vector.epoch) });
        expect(tree.leaf(index)).toEqual(leaf);
      }
    },
  );

  it('derives the key of each channel', () => {
    expect(vectors.map((vector) => base58Encode(streamerKey(vector.channel)))).toEqual(
      vectors.map((vector) => vector.subject),
    );
  });

  it.each(recorded.map((tree) => [tree.channel, tree.epoch, tree] as const))(
    'the root of %s in epoch %i is the one that was published on chain',
    (_channel, _epoch, published) => {
      expect(new MerkleTree(published.claims.map(toClaim)).rootHex()).toBe(published.root);
    },
  );

  it.each(legacy.map((vector) => [vector.channel, vector.participants, vector] as const))(
    "the legacy aggregator's proof for %s, one of %i participants, leads to its root",
    (_channel, _participants, vector) => {
      const leaf = computeParticipationLeaf({
        userHash: hexToBytes(vector.userHash),
        channel: vector.channel,
        epoch: BigInt(vector.epoch),
      });
      if (vector.leaf !== undefined) expect(bytesToHex(leaf)).toBe(vector.leaf);
      expect(bytesToHex(rootOfProof(leaf, vector.proof.map(hexToBytes)))).toBe(vector.root);
    },
  );
});
