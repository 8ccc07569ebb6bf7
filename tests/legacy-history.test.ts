/** What the legacy system left, from its own tables to a client of the gateway. */

import { readFileSync } from 'node:fs';
import { bytesToHex, hexToBytes, MerkleTree, participantHash, verifyProof } from '@attention-oracle/sdk';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dataOf, GatewayRig, type RunningGateway } from '../graphql/testing/rig.ts';
import { seedRoot } from '../graphql/testing/seed.ts';
import { legacyTree } from '../transition/core/legacy-tree.ts';
import { importLegacy } from '../transition/io/import-legacy.ts';
import { openLegacy } from '../transition/io/legacy-connection.ts';
import { testStack, uniqueName } from './testing/stack.ts';

const EPOCH = 1762308000;
const USER = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
const ROOT = 'ab'.repeat(32);
const users = Array.from({ length: 5 }, (_, i) => bytesToHex(participantHash(`user${i}`)));
const claims = new MerkleTree(users.map((_, i) => ({ claimer: USER, amount: BigInt(i), id: `twitch:lofi:u${i}` })));
const levels = claims.levels.map((level) =>
  Array.from({ length: level.length / 32 }, (_, i) => `0x${bytesToHex(level.subarray(32 * i, 32 * i + 32))}`),
);
const vectors = JSON.parse(
  readFileSync(new URL('../sdk/fixtures/vectors/legacy-roots.json', import.meta.url), 'utf8'),
) as { participationTree: { channel: string; epoch: string; participants: number; userHash: string; root: string }[] };

let rig: GatewayRig;
let gateway: RunningGateway;
const legacySchema = uniqueName('legacy');

beforeAll(async () => {
  rig = await GatewayRig.create();
  gateway = await rig.start();
  await rig.pool.query(`create schema ${legacySchema};
    create table ${legacySchema}.sealed_epochs (epoch bigint, channel text, root text, sealed_at bigint, published int, token_group text);
    create table ${legacySchema}.sealed_participants (epoch bigint, channel text, idx int, user_hash text, username text);
    create table ${legacySchema}.l2_tree_cache (epoch bigint, channel text, root text, levels_json text, participant_count int, built_at bigint);`);
  const seal = (channel: string, epoch: number | string, root: string | null): Promise<unknown> =>
    rig.pool.query(`insert into ${legacySchema}.sealed_epochs values ($1, $2, $3, 1762311600, 1, 'MILO')`, [
      epoch,
      channel,
      root,
    ]);
  const cache = (channel: string, root: string, json: string, count = 5): Promise<unknown> =>
    rig.pool.query(`insert into ${legacySchema}.l2_tree_cache values ($1, $2, $3, $4, $5, 1)`, [
      EPOCH,
      channel,
      root,
      json,
      count,
    ]);
  await seal('lofi', EPOCH, legacyTree('lofi', BigInt(EPOCH), users));
  await seal('other', EPOCH, ROOT);
  for (const channel of ['lofi', 'other']) {
    for (const [idx, hash] of users.entries()) {
      await rig.pool.query(`insert into ${legacySchema}.sealed_participants values ($1, $2, $3, $4, $5)`, [
        EPOCH,
        channel,
        idx,
        hash,
        `user${idx}`,
      ]);
    }
  }
  for (const { channel, epoch, root, userHash, participants } of vectors.participationTree) {
    await seal(channel, epoch, root);
    if (participants === 1)
      await rig.pool.query(`insert into ${legacySchema}.sealed_participants values ($1, $2, 0, $3, null)`, [
        epoch,
        channel,
        userHash,
      ]);
  }
  await cache('lofi', `0x${claims.rootHex()}`, JSON.stringify(levels));
  await cache('upward', claims.rootHex(), JSON.stringify([...levels].reverse()));
  await cache('torn', claims.rootHex(), JSON.stringify(levels).slice(0, 200));
  await cache('short', claims.rootHex(), JSON.stringify(levels), 6);
  await cache('twice', claims.rootHex(), JSON.stringify(levels));
  await cache('twice', ROOT, JSON.stringify(levels));
  await rig.pool.query(
    `insert into claims (channel, user_pubkey, slot, claim_timestamp, status) values
       ('Lofi', $1, 7, '2025-11-01 00:00:00', 'settled'), ('lofi', $1, null, null, 'pending'), ('lofi', $1, 9, null, 'gone')`,
    [USER],
  );
  await rig.pool.query(
    `insert into roots (epoch, channel, root, count, finalized_at, status) values
       ($1, 'Lofi', $2, 5, '2025-11-05 03:00:00', 'settled'), ($1, 'thrice', $2, 5, null, 'settled'),
       ($1, 'thrice', $3, 5, null, 'settled'), (3, 'beside', $2, 5, null, 'settled')`,
    [EPOCH, `0x${ROOT.toUpperCase()}`, 'cd'.repeat(32)],
  );
});

afterAll(async () => {
  await rig.pool.query(`drop schema ${legacySchema} cascade`);
  await rig.stop();
});

async function runImport(): Promise<{ counts: unknown; held: Record<string, string> }> {
  const held: Record<string, string> = {};
  const client = await openLegacy(testStack().databaseUrl);
  const counts = await importLegacy(client, legacySchema, rig.pool, ({ kind, channel }, why) => {
    held[`${kind} ${channel}`] = why;
  }).finally(() => client.end());
  return { counts, held };
}

const HELD = {
  'participation other': expect.stringMatching(/^Its 5 leaves give root [0-9a-f]{64}, not the one that was kept/),
  'participation marlon': expect.stringMatching(/No participants are kept/),
  'claims torn': expect.stringMatching(/no JSON/),
  'claims short': expect.stringMatching(/tells of 6 participants and has 5 leaves/),
  'claims twice': expect.stringMatching(/2 rows for its channel and epoch/),
};

describe('imported trees', () => {
  it('are all brought over once; those that their leaves do not give are held with the reason, never dropped', async () => {
    expect(await runImport()).toEqual({ counts: { imported: 10, known: 0, held: 5 }, held: HELD });
    expect(await runImport()).toEqual({ counts: { imported: 0, known: 10, held: 5 }, held: HELD });
    const { rows } = await rig.pool.query(
      "select facts from legacy_trees where kind = 'participation' and channel = 'lofi'",
    );
    expect(rows).toEqual([{ facts: { sealed_at: 1762311600, published: 1, token_group: 'MILO' } }]);
  });

  it.each([
    ['PARTICIPATION', 'lofi', legacyTree('lofi', BigInt(EPOCH), users)],
    ['CLAIMS', 'LOFI', claims.rootHex()],
    ['CLAIMS', 'upward', claims.rootHex()],
  ])('serve the proofs of every leaf: %s of %s', async (tree, channel, root) => {
    for (let index = 0; index < 5; index += 1) {
      const { legacyProof } = dataOf<{
        legacyProof: { leaf: string; proof: string[]; root: string; user: string | null };
      }>(
        await gateway.ask(
          'query ($tree: LegacyTree!, $channel: String!, $index: Int!) { legacyProof(tree: $tree, channel: $channel, epoch: 1762308000, index: $index) { leaf proof root user } }',
          { tree, channel, index },
        ),
      );
      expect(legacyProof).toMatchObject({ root, user: tree === 'CLAIMS' ? null : `user${index}` });
      expect(
        verifyProof(
          hexToBytes(legacyProof.leaf),
          legacyProof.proof.map((hash) => hexToBytes(hash)),
          hexToBytes(legacyProof.root),
        ),
      ).toBe(true);
    }
  });

  it('serve the roots that the legacy aggregator really produced', async () => {
    for (const { channel, epoch, root, participants } of vectors.participationTree) {
      const { legacyRoots } = dataOf<{ legacyRoots: object[] }>(
        await gateway.ask(`{ legacyRoots(channel: "${channel}", epoch: "${epoch}") { source root held } }`),
      );
      const held = participants === 1 ? null : expect.stringMatching(/No participants/);
      expect(legacyRoots).toEqual([{ source: 'SEALED_EPOCHS', root, held }]);
    }
  });

  it.each(['other', 'torn', 'short', 'twice'])('serve no proof while held: %s', async (channel) => {
    const asked = ['PARTICIPATION', 'CLAIMS'].map(
      (tree) => `${tree}: legacyProof(tree: ${tree}, channel: "${channel}", epoch: 1762308000, index: 0) { leaf }`,
    );
    expect(dataOf(await gateway.ask(`{ ${asked.join(' ')} }`))).toEqual({ PARTICIPATION: null, CLAIMS: null });
  });

  it('whose root is another one at a later import are held from then on', async () => {
    await rig.pool.query(`update ${legacySchema}.l2_tree_cache set root = $1 where channel = 'upward'`, [ROOT]);
    expect((await runImport()).held['claims upward']).toMatch(new RegExp(`later import holds root ${ROOT}`));
    const { rows } = await rig.pool.query("select nodes, held from legacy_trees where channel = 'upward'");
    expect(rows).toEqual([{ nodes: null, held: expect.stringMatching(ROOT) }]);
  });
});

describe('rows that stand in our tables', () => {
  it('are served with their status, and with what makes them uncertain', async () => {
    const { legacyClaims } = dataOf<{ legacyClaims: object[] }>(
      await gateway.ask(`{ legacyClaims(user: "${USER}", channel: "lofi") { channel slot claimedAt status held } }`),
    );
    expect(legacyClaims).toEqual([
      { channel: 'lofi', slot: '9', claimedAt: null, status: 'gone', held: expect.stringMatching(/status gone/) },
      { channel: 'lofi', slot: null, claimedAt: null, status: 'pending', held: expect.stringMatching(/does not say/) },
      { channel: 'Lofi', slot: '7', claimedAt: '2025-11-01T00:00:00.000Z', status: 'settled', held: null },
    ]);
    const { lofi, thrice } = dataOf<{ lofi: object[]; thrice: object[] }>(
      await gateway.ask(`{ lofi: legacyRoots(channel: "lofi", epoch: 1762308000) { source root status held }
        thrice: legacyRoots(channel: "thrice", epoch: 1762308000) { held } }`),
    );
    expect(lofi[1]).toMatchObject({ source: 'ROOTS', root: `0x${ROOT.toUpperCase()}`, status: 'settled', held: null });
    expect(thrice).toEqual(Array(2).fill({ held: expect.stringMatching(/2 rows with different roots/) }));
  });

  it('are in none of our own answers, also beside a root of ours of the same channel and epoch', async () => {
    const ours = await seedRoot(rig.pool, {
      channel: 'beside',
      epoch: 3,
      count: 1,
      settled: false,
      users: [USER],
      amount: 1n,
    });
    const answer =
      await gateway.ask(`{ claims(user: "${USER}") { edges { node { channel } } } roots { edges { node { root } } }
      root(channel: "beside", epoch: 3) { root status } none: root(channel: "lofi", epoch: 1762308000) { root } }`);
    expect(dataOf(answer)).toEqual({
      claims: { edges: [{ node: { channel: 'beside' } }] },
      roots: { edges: [{ node: { root: ours.tree.rootHex() } }] },
      root: { root: ours.tree.rootHex(), status: 'READY_FOR_SETTLEMENT' },
      none: null,
    });
  });
});
