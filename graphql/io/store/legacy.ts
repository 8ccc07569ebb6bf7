/** Reads of what the legacy system left. */

import { bytesToHex, levelSizes, type OddNode, proofPositions } from '@attention-oracle/sdk';
import type { Pool } from '../../../runtime/postgres/pool.ts';
import { NODE_BYTES } from '../../../runtime/postgres/tree-chunks.ts';
import { type LegacyClaimView, type LegacyRootView, whyClaimHeld, whyRootHeld } from '../../core/legacy-rows.ts';

interface LegacyClaimRow {
  id: number;
  channel: string | null;
  user: string | null;
  slot: number | null;
  claimedAt: Date | null;
  status: string | null;
}

/** Rows of a user, the newest row first. @param before Id of a row: those before it. */
export async function legacyClaims(
  pool: Pool,
  user: string,
  channel: string | undefined,
  page: { readonly first: number; readonly before: number | undefined },
): Promise<LegacyClaimView[]> {
  const { rows } = await pool.query<LegacyClaimRow>(
    `select id, channel, user_pubkey as user, slot, claim_timestamp as "claimedAt", status from claims
     where event_id is null and user_pubkey = $1 and ($2::text is null or lower(channel collate "C") = $2)
       and ($3::int is null or id < $3) order by id desc limit $4`,
    [user, channel ?? null, page.before ?? null, page.first],
  );
  return rows.map((row) => {
    const view = { ...row, id: String(row.id), slot: row.slot === null ? null : BigInt(row.slot) };
    return { ...view, held: whyClaimHeld(view) };
  });
}

interface LegacyRootRow extends Omit<LegacyRootView, 'epoch' | 'held'> {
  readonly why: string | null;
}

/** All that is there for a channel and epoch, of each of the legacy system's tables. */
export async function legacyRoots(pool: Pool, channel: string, epoch: bigint): Promise<LegacyRootView[]> {
  const { rows } = await pool.query<LegacyRootRow>(
    `select 'ROOTS' as source, channel, root, count, finalized_at as "finalizedAt", status, null as why from roots
     where recipe is null and lower(channel collate "C") = $1 and epoch = $2
     union all
     select case kind when 'participation' then 'SEALED_EPOCHS' else 'L2_TREE_CACHE' end, channel, root, count, null, null, held
     from legacy_trees where name = $1 and epoch = $2
     order by 1, 3`,
    [channel, epoch.toString()],
  );
  const ofTable = rows.filter(({ source }) => source === 'ROOTS').map(({ root }) => root);
  return rows.map(({ why, ...row }) => ({
    ...row,
    epoch,
    held: row.source === 'ROOTS' ? whyRootHeld(row, ofTable) : why,
  }));
}

export interface LegacyProofView {
  readonly channel: string;
  readonly epoch: bigint;
  readonly index: number;
  readonly root: string;
  readonly oddNode: 'DUPLICATE' | 'PROMOTE';
  readonly leaf: string;
  readonly proof: readonly string[];
  readonly userHash: string | null;
  readonly user: string | null;
}

interface TreeRow {
  channel: string;
  root: string;
  count: number;
  odd_node: OddNode;
  user_hash: string | null;
  username: string | null;
}

/** The proof of a leaf; undefined where there is no such leaf or its tree is held. */
export async function legacyProof(
  pool: Pool,
  kind: 'participation' | 'claims',
  channel: string,
  epoch: bigint,
  index: number,
): Promise<LegacyProofView | undefined> {
  const { rows } = await pool.query<TreeRow>(
    `select t.channel, t.root, t.count, t.odd_node, p.user_hash, p.username from legacy_trees t
     left join legacy_participants p
       on t.kind = 'participation' and p.channel = t.channel and p.epoch = t.epoch and p.idx = $4
     where t.kind = $1 and t.name = $2 and t.epoch = $3 and t.held is null`,
    [kind, channel, epoch.toString(), index],
  );
  // Two spellings of one channel: which is meant, nobody can tell.
  const [tree] = rows;
  if (tree === undefined || rows.length > 1 || index < 0 || index >= tree.count) return undefined;
  const nodes = await readNodes(pool, kind, tree, epoch, index);
  const [leaf, ...proof] = nodes.map(bytesToHex);
  return {
    channel,
    epoch,
    index,
    root: tree.root,
    oddNode: tree.odd_node === 'promote' ? 'PROMOTE' : 'DUPLICATE',
    leaf: leaf as string,
    proof,
    userHash: tree.user_hash,
    user: tree.username,
  };
}

/** The leaf and its siblings from the leaf up: so many bytes are read, whatever the size of the tree. */
async function readNodes(
  pool: Pool,
  kind: string,
  { channel, count, odd_node: oddNode }: TreeRow,
  epoch: bigint,
  index: number,
): Promise<Uint8Array[]> {
  const sizes = levelSizes(count);
  const before = sizes.map((_, level) => sizes.slice(0, level).reduce((sum, size) => sum + size, 0));
  const places = [{ level: 0, index }, ...proofPositions(count, index, oddNode)];
  const { rows } = await pool.query<{ node: Buffer }>(
    `select substring(t.nodes from s.first_byte for ${NODE_BYTES}) as node
     from legacy_trees t cross join unnest($4::int[]) with ordinality as s(first_byte, step)
     where t.kind = $1 and t.channel = $2 and t.epoch = $3 order by s.step`,
    [
      kind,
      channel,
      epoch.toString(),
      places.map((place) => ((before[place.level] as number) + place.index) * NODE_BYTES + 1),
    ],
  );
  return rows.map(({ node }) => new Uint8Array(node));
}
