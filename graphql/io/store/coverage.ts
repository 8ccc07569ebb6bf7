/** Reads of what listeners have proven. */

import type { Pool } from '../../../runtime/postgres/pool.ts';
import type { StoredRange } from '../../core/proven-state.ts';

export async function storedRanges(pool: Pool): Promise<StoredRange[]> {
  const { rows } = await pool.query<StoredRange>({
    name: 'stored-ranges',
    text: `select stream_partition as partition, source, method, from_slot as "fromSlot", to_slot as "toSlot",
       block_time as "blockTime" from coverage`,
  });
  return rows;
}

/** What one endpoint has proven for one listener by one method. */
export interface EndpointRecord {
  readonly source: string;
  readonly method: string;
  readonly endpoint: string;
  readonly toSlot: bigint;
  readonly lastWatermarkAt: Date;
  readonly watermarks: bigint;
  readonly signatures: bigint;
}

export async function endpointRecords(pool: Pool): Promise<EndpointRecord[]> {
  const { rows } = await pool.query<
    Record<'source' | 'method' | 'endpoint' | 'to_slot' | 'watermarks' | 'signatures', string> & { at: Date }
  >(
    `select source, method, endpoint, max(to_slot)::text as to_slot, max(block_time) as at, sum(watermarks)::text as watermarks,
       sum(signatures)::text as signatures
     from coverage group by source, method, endpoint order by source, method, endpoint`,
  );
  return rows.map((row) => ({
    source: row.source,
    method: row.method,
    endpoint: row.endpoint,
    toSlot: BigInt(row.to_slot),
    lastWatermarkAt: row.at,
    watermarks: BigInt(row.watermarks),
    signatures: BigInt(row.signatures),
  }));
}

/** How far the sink has stored a partition of a topic. */
export interface StoredPosition {
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: bigint;
  readonly at: Date;
}

export async function storedPositions(pool: Pool): Promise<StoredPosition[]> {
  const { rows } = await pool.query<{ topic: string; partition: number; next_offset: string; updated_at: Date }>(
    'select topic, partition, next_offset::text, updated_at from sink_offsets order by topic, partition',
  );
  return rows.map((row) => ({
    topic: row.topic,
    partition: row.partition,
    nextOffset: BigInt(row.next_offset),
    at: row.updated_at,
  }));
}
