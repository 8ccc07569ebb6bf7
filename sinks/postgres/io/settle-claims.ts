import type { Pool } from '../../../runtime/postgres/pool.ts';
import { inTransaction } from '../../../runtime/postgres/pool.ts';

const CLAIMS_AT_ONCE = 10_000;

/**
 * Marks claims settled whose root is: one portion of one root, in a transaction of its own.
 * Key: claims.id; a root is done (claims_settled) when none of its claims is left.
 * @returns false when there was nothing to do.
 */
export async function settleClaims(pool: Pool): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ id: number; channel: string; epoch: number }>(
      `select id, channel, epoch from roots
       where status = 'settled' and not claims_settled and tree_state = 'built' and recipe is not null
       order by id limit 1 for no key update skip locked`,
    );
    const [root] = rows;
    if (root === undefined) return false;
    const { rowCount } = await client.query(
      `update claims set status = 'settled' where id in (
         select id from claims where epoch = $2 and channel = $3 and root_id = $1 and status = 'included' limit $4)`,
      [root.id, root.epoch, root.channel, CLAIMS_AT_ONCE],
    );
    if ((rowCount ?? 0) < CLAIMS_AT_ONCE) {
      await client.query('update roots set claims_settled = true where id = $1', [root.id]);
    }
    return true;
  });
}
