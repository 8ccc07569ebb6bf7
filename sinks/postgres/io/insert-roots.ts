import type { Client } from '../../../runtime/postgres/pool.ts';
import type { RootRow } from '../core/root-row.ts';

const TYPES = {
  epoch: 'bigint',
  channel: 'text',
  root: 'text',
  count: 'int',
  finalized_at: 'timestamp',
  recipe: 'text',
  odd_node: 'text',
  start_slot: 'bigint',
  end_slot: 'bigint',
  finalized_slot: 'bigint',
  source_partition: 'int',
  source_offset: 'bigint',
  record_offset: 'bigint',
} as const satisfies Record<keyof RootRow, string>;

/**
 * Writes new roots. Key: (channel, epoch): a root never changes, the first one stays. Roots of the legacy system
 * are others.
 * @returns the offsets of the records that name another root than the stored one.
 */
export async function insertRoots(client: Client, partition: number, roots: readonly RootRow[]): Promise<number[]> {
  const columns = Object.keys(TYPES) as (keyof RootRow)[];
  const params = columns.map((column, i) => `$${i + 2}::${TYPES[column]}[]`).join(', ');
  const arrays = columns.map((column) => roots.map((root) => root[column]));
  await client.query(
    `insert into roots (${columns.join(', ')}, record_partition)
     select u.*, $1::int from unnest(${params}) as u(${columns.join(', ')}) order by u.record_offset
     on conflict (channel, epoch) where recipe is not null do nothing`,
    [partition, ...arrays],
  );
  const { rows } = await client.query<{ record_offset: number }>(
    `select u.record_offset
     from unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[]) as u(channel, epoch, root, record_offset)
     join roots r on r.channel = u.channel and r.epoch = u.epoch and r.recipe is not null and r.root <> u.root`,
    [
      roots.map(({ channel }) => channel),
      roots.map(({ epoch }) => epoch),
      roots.map(({ root }) => root),
      roots.map(({ record_offset }) => record_offset),
    ],
  );
  return rows.map((row) => row.record_offset);
}
