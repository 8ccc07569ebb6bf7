import { bytesToHex, MerkleTree, type Recipe, verifyBundle } from '@attention-oracle/sdk';
import { describe, expect, it } from '@jest/globals';
import { checkProof, type ServedProof } from './check.ts';

const USER = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
const COUNT = 5;

/** A proof as the gateway serves it. */
function served(recipe: Recipe, index: number): ServedProof {
  const claims = Array.from({ length: COUNT }, (_, at) => ({
    claimer: USER,
    amount: 2n ** 64n - 1n - BigInt(at),
    id: `twitch:lacy:user${at}`,
  }));
  const tree = new MerkleTree(claims, { recipe, oddNode: 'duplicate', channel: 'lacy', epoch: 7n });
  const { amount, id } = claims[index] as (typeof claims)[number];
  return {
    ...{ channel: 'lacy', epoch: '7', index, user: USER, amount: amount.toString(), id, recipe, oddNode: 'DUPLICATE' },
    ...{ leaf: bytesToHex(tree.leaf(index)), proof: tree.proof(index).map(bytesToHex), root: tree.rootHex() },
    ...{ settled: false, signature: 'none', claimability: null as never },
  };
}

describe('a proof checked in the page', () => {
  it.each(['claim-v0', 'claim-v1'] as const)('of %s holds, and its last rung is the root', (recipe) => {
    for (let index = 0; index < COUNT; index += 1) {
      const proof = served(recipe, index);
      const { holds, rungs, bundle } = checkProof(proof, COUNT);
      expect([holds, rungs.at(-1)?.node]).toEqual([true, proof.root]);
      expect(verifyBundle(JSON.stringify(bundle))).toBe(true);
    }
  });

  it('does not hold for another amount, another wallet, another place or another root', () => {
    const proof = served('claim-v0', 2);
    const others: Partial<ServedProof>[] = [
      { amount: '1' },
      { user: 'So11111111111111111111111111111111111111112' },
      { index: 3 },
      { root: '0'.repeat(64) },
      { proof: proof.proof.slice(1) },
    ];
    expect(others.map((other) => checkProof({ ...proof, ...other }, COUNT).holds)).toEqual(others.map(() => false));
  });

  it('is refused, not passed, where what is served is no proof', () => {
    expect(() => checkProof({ ...served('claim-v0', 0), root: 'abc' }, COUNT)).toThrow(/root/);
  });
});
