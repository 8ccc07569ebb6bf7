import type { Client } from '../../../runtime/postgres/pool.ts';
import type { TrackedState } from '../core/stream-plan.ts';
import { STATE_COLUMNS, stateCells, type TrackedTable } from './tracked-tables.ts';

const CASTS: Readonly<Record<string, string>> = { vouchers: '::text[]', sightings: '::jsonb' };

/**
 * Writes the rows of changed states.
 * Key: event_id. A final row is never overwritten, so a second write of the same state changes nothing.
 */
export async function upsertStates<Content>(
  client: Client,
  table: TrackedTable<Content>,
  partition: number,
  states: readonly TrackedState<Content>[],
): Promise<void> {
  if (states.length === 0) return;
  const types: Record<string, string> = { ...STATE_COLUMNS, ...table.content };
  const columns = Object.keys(types);
  const cells = states.map((state): Record<string, unknown> => ({ ...state.content, ...stateCells(table, state) }));
  const arrays = columns.map((column) => cells.map((row) => row[column]));
  const params = columns.map((column, i) => `$${i + 2}::${types[column]}[]`).join(', ');
  const values = columns.map((column) => `u.${column}${CASTS[column] ?? ''}`).join(', ');
  const updates = columns
    .filter((column) => column !== 'event_id' && column !== 'signature' && column !== 'stream_offset')
    .map((column) => `${column} = excluded.${column}`)
    .join(', ');
  await client.query({
    name: `upsert-${table.name}`,
    text: `insert into ${table.name} (${columns.join(', ')}, stream_partition)
     select ${values}, $1::int from unnest(${params}) as u(${columns.join(', ')})
     on conflict (event_id) do update set ${updates} where ${table.name}.commitment = 'confirmed'`,
    values: [partition, ...arrays],
  });
}
