/** Reads of roots. */

import type { Pool } from '../../../runtime/postgres/pool.ts';
import type { PageRequest } from '../../core/cursor.ts';
import type { RootView, TreeView } from '../../core/views.ts';
import type { OddNode, RootStatus } from '../../schema-types.generated.ts';
import { boundsOf } from './page-bounds.ts';
import { prepared } from './prepared.ts';

export interface TreeRow {
  id: number;
  channel: string;
  epoch: number;
  root: string;
  count: number;
  recipe: string;
  odd_node: string;
  start_slot: number;
  end_slot: number;
  status: string;
  tx_signature: string | null;
  tree_state: string;
}

export interface RootRow extends TreeRow {
  finalized_at: Date;
  settled_at: Date | null;
  seen_on_chain: boolean;
}

/** Of a root r: what its proofs say. */
export const treeColumns = `r.id, r.channel, r.epoch, r.root, r.count, r.recipe, r.odd_node, r.start_slot, r.end_slot, r.status,
  r.tx_signature, r.tree_state`;

/** Of a root r. */
export const rootColumns = `${treeColumns}, r.finalized_at, r.settled_at,
  exists (select from published_roots p
          where p.channel = r.channel and p.epoch = r.epoch and p.root = r.root and p.status = 'seen') as seen_on_chain`;

const ROOTS = `select ${rootColumns} from roots r`;

export function treeView(row: TreeRow): TreeView {
  return {
    rowId: row.id,
    channel: row.channel,
    epoch: BigInt(row.epoch),
    root: row.root,
    count: row.count,
    recipe: row.recipe,
    oddNode: row.odd_node.toUpperCase() as OddNode,
    startSlot: BigInt(row.start_slot),
    endSlot: BigInt(row.end_slot),
    status: row.status.toUpperCase() as RootStatus,
    signature: row.tx_signature,
    treeBuilt: row.tree_state === 'built',
  };
}

export function rootView(row: RootRow): RootView {
  return {
    ...treeView(row),
    finalizedAt: row.finalized_at,
    settledAt: row.settled_at,
    seenOnChain: row.seen_on_chain,
  };
}

export async function rootOf(pool: Pool, channel: string, epoch: bigint): Promise<RootView | undefined> {
  const { rows } = await pool.query<RootRow>(
    prepared(`${ROOTS} where r.channel = $1 and r.epoch = $2 and r.recipe is not null`, [channel, epoch.toString()]),
  );
  return rows.map(rootView)[0];
}

/** The root with these bytes, if it is one of ours; the settled one first. */
export async function rootByHash(pool: Pool, root: string): Promise<RootView | undefined> {
  const { rows } = await pool.query<RootRow>(
    `${ROOTS} where r.root = $1 and r.recipe is not null order by (r.status = 'settled') desc, r.epoch desc limit 1`,
    [root],
  );
  return rows.map(rootView)[0];
}

export interface RootFilter {
  readonly channel?: string | undefined;
  readonly status?: RootStatus | undefined;
  readonly epoch?: bigint | undefined;
}

/** Roots, newest epoch first, a backward page the other way round; one row more than asked for. */
export async function rootsPage(pool: Pool, filter: RootFilter, page: PageRequest): Promise<RootView[]> {
  const { rows } = await pool.query<RootRow>(
    `${ROOTS}
     where r.recipe is not null and ($1::text is null or r.channel = $1) and ($2::text is null or r.status = $2) and ($3::bigint is null or r.epoch = $3)
       and ($4::bigint is null or (r.epoch, r.id) < ($4::bigint, $5::bigint))
       and ($6::bigint is null or (r.epoch, r.id) > ($6::bigint, $7::bigint))
     ${page.isBackward ? 'order by r.epoch, r.id' : 'order by r.epoch desc, r.id desc'} limit $8`,
    [filter.channel ?? null, filter.status?.toLowerCase() ?? null, filter.epoch?.toString() ?? null, ...boundsOf(page)],
  );
  return rows.map(rootView);
}
