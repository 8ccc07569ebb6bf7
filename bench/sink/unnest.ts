/** The least that any writer of the rows does: unnest inserts into the sink's own table, of events that are decoded already. */

import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import type { StreamEvent } from '../../schemas/records.ts';

const ROWS_AT_ONCE = 1000;

/**
 * Each partition's events on a connection of its own, as the sink writes them.
 * @param pool Whose search path is the schema. @returns seconds.
 */
export async function insertBare(pool: Pool, schema: string, partitions: readonly StreamEvent[][]): Promise<number> {
  await migrate(pool, schema, silentLogger());
  const startMs = performance.now();
  await Promise.all(
    partitions.map(async (events, partition) => {
      for (let start = 0; start < events.length; start += ROWS_AT_ONCE)
        await insertRows(pool, partition, start, events.slice(start, start + ROWS_AT_ONCE));
    }),
  );
  return (performance.now() - startMs) / 1000;
}

async function insertRows(
  pool: Pool,
  partition: number,
  offset: number,
  events: readonly StreamEvent[],
): Promise<void> {
  const column = (value: (event: StreamEvent) => unknown): unknown[] => events.map(value);
  await pool.query({
    name: 'insert-bare',
    text: `insert into claims (channel, user_pubkey, slot, claim_timestamp, event_id, signature, epoch, claim_epoch, claim_index, amount,
         claim_id, protocol_state, commitment, proven, vouchers, stream_partition, stream_offset, proven_offset)
       select channel, claimer, slot, to_timestamp(time) at time zone 'utc', event, signature, 0, claim_epoch, claim_index, amount,
         claim, state, 'finalized', true, array[source], $1::int, $2::bigint + n, $2::bigint + n
       from unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::numeric[], $10::bigint[], $11::numeric[],
         $12::text[], $13::text[], $14::text[]) with ordinality
         as u(channel, claimer, slot, time, event, signature, claim_epoch, claim_index, amount, claim, state, source, n)`,
    values: [
      partition,
      offset,
      column(({ channel }) => channel),
      column(({ instruction }) => instruction.data.claimer),
      column(({ slot }) => slot),
      column(({ tx }) => tx.blockTime),
      column(({ eventId }) => eventId),
      column(({ signature }) => signature),
      column(({ instruction }) => instruction.data.epoch?.toString()),
      column(({ instruction }) => instruction.data.index),
      column(({ instruction }) => instruction.data.amount?.toString()),
      column(({ instruction }) => instruction.data.id),
      column(({ protocolState }) => protocolState),
      column(({ source }) => source),
    ],
  });
}
