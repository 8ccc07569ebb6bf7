import type { EventState } from '../../../domain/vouching.ts';
import type { Client } from '../../../runtime/postgres/pool.ts';

/** Remembers events that are final as failures and never counted. Key: event_id; nothing changes such an event any more. */
export async function insertRefused(
  client: Client,
  partition: number,
  events: readonly EventState<unknown>[],
): Promise<void> {
  if (events.length === 0) return;
  await client.query(
    `insert into refused_events (event_id, stream_partition, stream_offset)
     select u.event_id, $1::int, u.stream_offset from unnest($2::text[], $3::bigint[]) as u(event_id, stream_offset)
     on conflict (event_id) do nothing`,
    [partition, events.map(({ eventId }) => eventId), events.map(({ firstOffset }) => firstOffset)],
  );
}
