import type { Client } from '../../../runtime/postgres/pool.ts';
import type { TrackedState } from '../core/stream-plan.ts';
import { STATE_COLUMNS, stateCells, type TrackedTable } from './tracked-tables.ts';

/** Where a row was taken back, or came back. */
const CHANGED_OFFSET = `case when (t.status = 'retracted') <> (excluded.status = 'retracted') then $2::bigint
  else t.changed_offset end`;

const CASTS: Readonly<Record<string, string>> = { vouchers: '::text[]', sightings: '::jsonb' };

/**
 * Writes the rows of changed states.
 * Key: event_id. A final row is never overwritten, so a second write of the same state changes nothing.
 * @param position Of the batch: where an event that is taken back, or comes back, is noted as changed.
 */
export async function upsertStates<Content>(
  client: Client,
  table: TrackedTable<Content>,
  partition: number,
  position: number,
  states: readonly TrackedState<Content>[],
): Promise<void> {
  if (states.length === 0) return;
  const types: Record<string, string> = { ...STATE_COLUMNS, ...table.content };
  const columns = Object.keys(types);
  const cells = states.map((state): Record<string, unknown> => ({ ...state.content, ...stateCells(table, state) }));
  const arrays = columns.map((column) => cells.map((row) => row[column]));
  const params = columns.map((column, i) => `$${i + 3}::${types[column]}[]`).join(', ');
  const values = columns.map((column) => `u.${column}${CASTS[column] ?? ''}`).join(', ');
  const updates = columns
    .filter((column) => column !== 'event_id' && column !== 'signature' && column !== 'stream_offset')
    .map((column) => `${column} = excluded.${column}`)
    .join(', ');
  await client.query({
    name: `upsert-${table.name}`,
    text: `insert into ${table.name} as t (${columns.join(', ')}, stream_partition, changed_offset)
     select ${values}, $1::int, case when u.status = 'retracted' then $2::bigint end from unnest(${params}) as u(${columns.join(', ')})
     on conflict (event_id) do update set ${updates}, changed_offset = ${CHANGED_OFFSET}
     where t.commitment = 'confirmed'`,
    values: [partition, position, ...arrays],
  });
}
