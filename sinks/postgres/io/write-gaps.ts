import type { Client } from '../../../runtime/postgres/pool.ts';
import { type Gap, type GapMark, type GapReason, gapsAfter } from '../core/gaps.ts';
import type { PlacedWatermark } from '../core/stream-plan.ts';

interface GapRow {
  from_slot: number;
  to_slot: number;
  reason: GapReason;
  opened: GapMark | null;
}

/**
 * Opens and closes the gaps of a partition. Call before its coverage is written. Key: (partition, from_slot); the position's lock
 * makes it the only writer.
 */
export async function writeGaps(
  client: Client,
  partition: number,
  watermarks: readonly PlacedWatermark[],
): Promise<void> {
  const { rows } = await client.query<{ from_slot: number | null; to_slot: number | null }>(
    'select min(from_slot) as from_slot, max(to_slot) as to_slot from coverage where stream_partition = $1',
    [partition],
  );
  const [span] = rows.flatMap(({ from_slot: fromSlot, to_slot: toSlot }) =>
    fromSlot === null || toSlot === null ? [] : [{ fromSlot, toSlot }],
  );
  const { remove, insert } = gapsAfter(span, await openGaps(client, partition), watermarks);
  if (remove.length > 0)
    await client.query(
      'delete from coverage_gaps where stream_partition = $1 and from_slot = any($2::bigint[]) and closed_offset is null',
      [partition, remove],
    );
  for (const { fromSlot, toSlot, reason, opened, closed } of insert)
    await client.query(
      `insert into coverage_gaps (stream_partition, from_slot, to_slot, reason,
         opened_source, opened_method, opened_endpoint, opened_at, opened_offset,
         closed_source, closed_method, closed_endpoint, closed_at, closed_offset)
       values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8::double precision / 1000) at time zone 'utc', $9,
         $10, $11, $12, to_timestamp($13::double precision / 1000) at time zone 'utc', $14)
       on conflict (stream_partition, from_slot) do update set to_slot = excluded.to_slot, reason = excluded.reason,
         opened_source = excluded.opened_source, opened_method = excluded.opened_method,
         opened_endpoint = excluded.opened_endpoint, opened_at = excluded.opened_at, opened_offset = excluded.opened_offset,
         closed_source = excluded.closed_source, closed_method = excluded.closed_method,
         closed_endpoint = excluded.closed_endpoint, closed_at = excluded.closed_at, closed_offset = excluded.closed_offset`,
      [partition, fromSlot, toSlot, reason, ...columnsOf(opened), ...columnsOf(closed)],
    );
}

async function openGaps(client: Client, partition: number): Promise<Gap[]> {
  const { rows } = await client.query<GapRow>(
    `select from_slot, to_slot, reason,
       case when opened_offset is not null then jsonb_build_object('source', opened_source, 'method', opened_method,
         'endpoint', opened_endpoint, 'atMs', extract(epoch from opened_at) * 1000, 'offset', opened_offset) end as opened
     from coverage_gaps where stream_partition = $1 and closed_offset is null`,
    [partition],
  );
  return rows.map(({ from_slot: fromSlot, to_slot: toSlot, ...row }) => ({ ...row, fromSlot, toSlot, closed: null }));
}

function columnsOf(mark: GapMark | null): (string | number | null)[] {
  return [mark?.source, mark?.method, mark?.endpoint, mark?.atMs, mark?.offset].map((value) => value ?? null);
}
