import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { RECORDING } from '../testing/recorded-chain.ts';
import { expectedClaims, expectedRoots, leaf, merkleRoot, readRecording } from './expected-roots.ts';

interface Tree {
  readonly leafVersion: number;
  readonly oddNode: string;
  readonly count: number;
  readonly claims?: readonly { claimer: string; index: number; amount: string; id: string }[];
  readonly root: string;
}

const vectors = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../sdk/fixtures/vectors/merkle-trees.json'), 'utf8'),
) as Tree[];

describe('the independent computation of roots', () => {
  it('agrees with the vectors that were computed by code outside this project', () => {
    const fitting = vectors.filter(
      ({ leafVersion, oddNode, claims, count }) =>
        leafVersion === 0 && oddNode === 'duplicate' && claims?.length === count,
    );
    expect(fitting.length).toBeGreaterThan(4);
    for (const { claims = [], root } of fitting) {
      const leaves = claims.map((claim) => leaf({ ...claim, amount: BigInt(claim.amount) }, claim.index));
      expect(Buffer.from(merkleRoot(leaves)).toString('hex')).toBe(root);
    }
  });

  it('finds every successful claim of the recording', () => {
    expect(expectedClaims(readRecording(RECORDING), 10)).toHaveLength(186);
    expect(expectedRoots(readRecording(RECORDING), 10).reduce((sum, { count }) => sum + count, 0)).toBe(186);
  });
});
