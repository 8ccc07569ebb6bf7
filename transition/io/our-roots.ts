/** This platform's roots and the claims that they were made of. */

import type { Pool } from '../../runtime/postgres/pool.ts';
import type { ParityClaim } from '../core/leaf-differences.ts';
import type { OurRoot } from '../core/parity.ts';

interface RootRow extends Omit<OurRoot, 'epoch' | 'volume'> {
  readonly epoch: string;
  readonly volume: string;
}

export async function readOurRoots(pool: Pool, since: bigint): Promise<OurRoot[]> {
  const { rows } = await pool.query<RootRow>(
    `select r.channel, r.epoch::text as epoch, r.root, r.count, r.recipe, r.odd_node as "oddNode", r.tree_state as "treeState",
       coalesce((select sum(c.amount) from claims c where c.root_id = r.id and c.epoch = r.epoch and c.channel = r.channel), 0)::text as volume
     from roots r where r.epoch >= $1 and r.recipe is not null`,
    [since.toString()],
  );
  return rows.map((row) => ({ ...row, epoch: BigInt(row.epoch), volume: BigInt(row.volume) }));
}

/** In the order of the leaves. */
export async function readClaims(pool: Pool, { channel, epoch }: OurRoot): Promise<ParityClaim[]> {
  const { rows } = await pool.query<{ claimer: string; amount: string; id: string }>(
    `select user_pubkey as claimer, amount::text as amount, claim_id as id from claims
     where epoch = $1 and channel = $2 and root_id is not null order by leaf_index`,
    [epoch.toString(), channel],
  );
  return rows.map((row) => ({ ...row, amount: BigInt(row.amount) }));
}
