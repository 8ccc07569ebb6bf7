import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesToHex } from '../bytes.ts';
import { keccak256 } from '../keccak/keccak.ts';
import { LeafHasher } from './leaf-hasher.ts';
import type { Claim } from './leaves.ts';
import type { Recipe } from './recipes.ts';
import { MerkleTree } from './tree.ts';

const claimer = keccak256(Uint8Array.of(7));
const anyClaims = fc.array(
  fc.record({
    claimer: fc.constant(claimer),
    amount: fc.bigInt(0n, 2n ** 64n - 1n),
    id: fc.constantFrom('a:Ann', 'b:ann', 'bob', 'x:eve'),
  }),
  { minLength: 1, maxLength: 20 },
);

describe('leaves of claims that come portion by portion', () => {
  it.each<Recipe>(['claim-v0', 'claim-v1', 'participation'])('are those of all at once (%s)', (recipe) => {
    const options = { recipe, channel: 'lofi', epoch: 9n };
    fc.assert(
      fc.property(anyClaims, fc.integer({ min: 1, max: 7 }), (claims, portion) => {
        const hasher = new LeafHasher(options);
        const indexes: number[] = [];
        for (let start = 0; start < claims.length; start += portion) {
          indexes.push(...hasher.add(claims.slice(start, start + portion)));
          if (start % 2 === 0) hasher.leaves();
        }
        const tree = new MerkleTree(claims, options);
        expect(bytesToHex(hasher.leaves())).toBe(bytesToHex(tree.levels[0] as Uint8Array));
        expect(hasher.size).toBe(tree.size);
        const alone = claims.map((claim) => new LeafHasher(options).add([claim]));
        expect(alone).toEqual(claims.map(() => [0]));
        if (recipe !== 'participation') expect(indexes).toEqual([...claims.keys()]);
        else expect(new Set(indexes)).toEqual(new Set(Array.from({ length: tree.size }, (_, i) => i)));
      }),
    );
  });

  it('refuse an index that is not the place of the claim among all', () => {
    const claim: Claim = { claimer, amount: 1n, id: 'ann', index: 0 };
    const hasher = new LeafHasher();
    hasher.add([claim]);
    expect(() => hasher.add([claim])).toThrow(expect.objectContaining({ code: 'CLAIM_INDEX_MISMATCH' }));
  });

  it('refuse a recipe without what it needs before the first claim', () => {
    expect(() => new LeafHasher({ recipe: 'claim-v1' })).toThrow(
      expect.objectContaining({ code: 'RECIPE_OPTION_MISSING' }),
    );
  });
});
