/** Reads of what the sink keeps of gaps. */

import type { Pool } from '../../../runtime/postgres/pool.ts';
import type { GapMarkView, KeptGap } from '../../core/gaps.ts';
import type { GapReason } from '../../schema-types.generated.ts';

interface GapRow extends Record<`${'opened' | 'closed'}_${'source' | 'method' | 'endpoint'}`, string | null> {
  partition: number;
  from_slot: string;
  to_slot: string;
  reason: keyof typeof REASONS;
  opened_at: Date | null;
  closed_at: Date | null;
}

const REASONS = {
  went_on: 'LISTENER_WENT_ON',
  earlier_slots: 'EARLIER_SLOTS_PROVEN',
  not_kept: 'NOT_KEPT',
} as const satisfies Record<string, GapReason>;

const GAPS = `select stream_partition as partition, from_slot::text, to_slot::text, reason, opened_source, opened_method, opened_endpoint,
  opened_at, closed_source, closed_method, closed_endpoint, closed_at from coverage_gaps`;

export async function keptOpenGaps(pool: Pool): Promise<KeptGap[]> {
  return (await pool.query<GapRow>(`${GAPS} where closed_offset is null order by from_slot`)).rows.map(viewOf);
}

/** @param rows At most so many, the newest first. */
export async function keptClosedGaps(pool: Pool, rows: number): Promise<KeptGap[]> {
  const found = await pool.query<GapRow>(
    `${GAPS} where closed_offset is not null order by closed_at desc nulls last, from_slot desc limit $1`,
    [rows],
  );
  return found.rows.map(viewOf);
}

function viewOf(row: GapRow): KeptGap {
  return {
    partition: row.partition,
    fromSlot: BigInt(row.from_slot),
    toSlot: BigInt(row.to_slot),
    reason: REASONS[row.reason],
    opened: markOf(row.opened_source, row.opened_method, row.opened_endpoint, row.opened_at),
    closed: markOf(row.closed_source, row.closed_method, row.closed_endpoint, row.closed_at),
  };
}

function markOf(
  source: string | null,
  method: string | null,
  endpoint: string | null,
  at: Date | null,
): GapMarkView | null {
  return source === null || method === null || endpoint === null ? null : { source, method, endpoint, at };
}
