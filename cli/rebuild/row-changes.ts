/** Rows of claims that a rebuild would change: those of the living schema beside those of the side, up to where the copy ends. */

import pg from 'pg';
import type { Pool } from '../../runtime/postgres/pool.ts';
import type { Ends } from './side.ts';

export interface RowChange {
  readonly eventId: string;
  /** `gone`: the living schema has it, the rebuilt one does not. */
  readonly change: 'changed' | 'gone' | 'new';
  readonly channel: string;
  readonly epoch: string;
  /** Columns that would be others. */
  readonly columns: readonly string[];
}

/** What a claim is; who vouches for it, and when it was settled, goes on in the living one. */
const COLUMNS = ['channel', 'user_pubkey', 'slot', 'epoch', 'amount', 'claim_id', 'leaf_index'];

/** @param pool Of the side. @param living Name of the living schema, in the same database. */
export async function rowChanges(pool: Pool, living: string, ends: Ends): Promise<RowChange[]> {
  const differs = COLUMNS.map((name) => `case when a.${name} is distinct from b.${name} then '${name}' end`);
  const schema = pg.escapeIdentifier(living);
  const { rows } = await pool.query<RowChange>(
    `select coalesce(a.event_id, b.event_id) as "eventId", coalesce(a.channel, b.channel) as channel,
       coalesce(a.epoch, b.epoch)::text as epoch,
       case when b.event_id is null then 'gone' when a.event_id is null then 'new' else 'changed' end as change,
       case when a.event_id is null or b.event_id is null then '{}'
         else array_remove(array[${differs.join(', ')}], null) end as columns
     from (select c.* from ${schema}.claims c join unnest($1::int[], $2::bigint[]) as ends(partition, next)
         on c.stream_partition = ends.partition and c.stream_offset < ends.next) a
       full join claims b on a.event_id = b.event_id
     where a.event_id is null or b.event_id is null or (${COLUMNS.map((name) => isOther(name)).join(' or ')})
     order by 3, 2, 1`,
    [[...ends.keys()], [...ends.values()]],
  );
  return rows;
}

/** A root that was sealed after the copy was made has given its claims their places in the living schema alone. */
function isOther(name: string): string {
  const differs = `a.${name} is distinct from b.${name}`;
  return name === 'leaf_index' ? `(b.root_id is not null and ${differs})` : differs;
}
