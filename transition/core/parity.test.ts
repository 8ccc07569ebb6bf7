import { readFileSync } from 'node:fs';
import { bytesToHex, MerkleTree, participantHash } from '@attention-oracle/sdk';
import { describe, expect, it } from '@jest/globals';
import { parseLegacyFile } from './legacy-rows.ts';
import { legacyTree } from './legacy-tree.ts';
import { compareRoots, explainDifference, type LegacyRoot, type OurRoot, pairRoots } from './parity.ts';

const vectors = readFileSync(new URL('../../sdk/fixtures/vectors/legacy-roots.json', import.meta.url), 'utf8');

const claimsOf = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ claimer: '11111111111111111111111111111111', amount: 5n, id: `x:u${i}` }));
const hashOf = (name: string) => bytesToHex(participantHash(name));
const EPOCH = 1762308000n;

function ours(count = 3, change: Partial<OurRoot> = {}): OurRoot {
  const root = new MerkleTree(claimsOf(count)).rootHex();
  const rules = { recipe: 'claim-v0', oddNode: 'duplicate', treeState: 'built' } as const;
  return { channel: 'creator', epoch: EPOCH, root, count, volume: BigInt(count * 5), ...rules, ...change };
}

function theirs(root: string, change: Partial<LegacyRoot> = {}): LegacyRoot {
  return { channel: 'creator', epoch: EPOCH, root, count: null, volume: null, kind: null, userHashes: null, ...change };
}

describe('the roots that the legacy aggregator really produced', () => {
  const legacy = parseLegacyFile(vectors);

  it('are equal to the same roots of ours and differ from a root with one changed digit', () => {
    expect(legacy.map(({ count }) => count)).toEqual([628, 1, 1]);
    for (const root of legacy) {
      const same = ours(1, { ...root, count: root.count ?? 0, volume: 1n, recipe: 'participation' });
      expect(compareRoots(same, [root]).verdict).toBe('equal');
      const other = `${same.root.slice(0, 63)}${same.root.endsWith('0') ? '1' : '0'}`;
      expect(compareRoots({ ...same, root: other }, [root]).verdict).toBe('differs');
    }
  });

  it('of one participant are the tree of that participant', () => {
    const { participationTree } = JSON.parse(vectors) as {
      participationTree: { channel: string; epoch: string; participants: number; userHash: string; root: string }[];
    };
    const single = participationTree.filter(({ participants }) => participants === 1);
    expect(single.map(({ channel, epoch, userHash }) => legacyTree(channel, BigInt(epoch), [userHash]))).toEqual(
      single.map(({ root }) => root),
    );
  });
});

describe('what is uncertain is never equal', () => {
  const root = ours();

  it.each([
    ['no root of ours', null, [theirs(root.root)], /no root of ours/],
    ['no legacy root', root, [], /no root of the legacy/],
    ['several legacy roots', root, [theirs(root.root), theirs('0'.repeat(64))], /several/],
    [
      'claims that were not hashed again',
      { ...root, treeState: 'pending' as const },
      [theirs(root.root)],
      /made it again/,
    ],
    ['another count', root, [theirs(root.root, { count: 4 })], /counts differ: 4 there, 3 here/],
    ['another volume', root, [theirs(root.root, { volume: 1n })], /volumes differ: 1 there, 15 here/],
  ])('%s', (_name, mine, candidates, reason) => {
    const { verdict, reasons } = compareRoots(mine, candidates);
    expect(verdict).toBe('uncertain');
    expect(reasons.join()).toMatch(reason);
  });

  it('a root that its own claims do not give differs even from the same legacy root', () => {
    expect(compareRoots({ ...root, treeState: 'mismatch' }, [theirs(root.root)]).verdict).toBe('differs');
  });
});

it('compares with the tree of its kind, not with the other of the two', () => {
  const root = ours();
  const other = theirs('a'.repeat(64), { kind: 'participation' });
  expect(compareRoots(root, [other, theirs(root.root, { kind: 'claims' })]).verdict).toBe('equal');
});

it('pairs by channel and epoch, so that a root of one side alone stays uncertain', () => {
  const root = ours();
  const rows = pairRoots(
    [root, ours(3, { epoch: EPOCH + 1n })],
    [theirs(root.root), theirs(root.root, { channel: 'b' })],
  );
  expect(rows.map(({ channel, epoch, verdict }) => [channel, epoch - EPOCH, verdict])).toEqual([
    ['b', 0n, 'uncertain'],
    ['creator', 0n, 'equal'],
    ['creator', 1n, 'uncertain'],
  ]);
});

describe('why roots differ', () => {
  it.each(['claim-v0', 'claim-v1', 'participation'] as const)(
    'the recipe %s and the odd-node rule that would match',
    (recipe) => {
      const options = { recipe, oddNode: 'promote', channel: 'creator', epoch: EPOCH } as const;
      const legacy = theirs(new MerkleTree(claimsOf(3), options).rootHex());
      expect(explainDifference(ours(), legacy, claimsOf(3))).toEqual([
        `recipe ${recipe} with odd node promote over our claims gives the legacy root`,
      ]);
    },
  );

  const sealed = (names: readonly string[]): LegacyRoot => {
    const userHashes = names.map(hashOf);
    const root = legacyTree('creator', EPOCH, userHashes) ?? '';
    return theirs(root, { kind: 'participation', count: names.length, userHashes });
  };
  const mine = ours(3, { recipe: 'participation' });

  it('users that are missing and users that are extra', () => {
    expect(explainDifference(mine, sealed(['u0', 'u1', 'z']), claimsOf(3))).toEqual([
      `missing here: 1 (${hashOf('z')})`,
      `extra here: 1 (${hashOf('u2')})`,
    ]);
  });

  it('a user that is there twice', () => {
    expect(explainDifference(mine, sealed(['u0', 'u1', 'u1', 'u2']), claimsOf(3))).toEqual([
      `duplicate there: 1 (${hashOf('u1')})`,
      '4 leaves there, 3 here',
    ]);
  });

  it('the same users in another order', () => {
    expect(explainDifference(mine, sealed(['u0', 'u2', 'u1']), claimsOf(3))).toEqual([
      'same users in another order, first at leaf 1',
    ]);
  });

  it('a list of users that is not the one that was sealed', () => {
    const legacy = { ...sealed(['u0', 'u2', 'u1']), root: 'b'.repeat(64) };
    expect(explainDifference(mine, legacy, claimsOf(3)).join()).toMatch(/does not give the legacy root/);
  });
});

it.each([
  '{',
  '{}',
  '{"roots":[{"channel":"a","epoch":1,"root":"12"}]}',
  '{"roots":[{"channel":"a","epoch":-1,"root":""}]}',
])('refuses %s as an export of the legacy system', (text) => {
  expect(() => parseLegacyFile(text)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }));
});
