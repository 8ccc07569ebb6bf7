import type { Client } from '../../../runtime/postgres/pool.ts';
import type { CoverageRange } from '../core/coverage.ts';

/** Proven ranges of some listeners in a partition that touch the slots `fromSlot` to `toSlot`. */
export async function loadCoverage(
  client: Client,
  partition: number,
  sources: readonly string[],
  fromSlot: number,
  toSlot: number,
): Promise<CoverageRange[]> {
  const { rows } = await client.query<CoverageRange>(
    `select source, method, endpoint, from_slot as "fromSlot", to_slot as "toSlot",
            extract(epoch from block_time)::bigint as "blockTime", watermarks, signatures, last_offset as "lastOffset"
     from coverage
     where stream_partition = $1 and source = any($2::text[]) and from_slot <= $4::bigint + 1 and to_slot >= $3::bigint - 1`,
    [partition, sources, fromSlot, toSlot],
  );
  return rows;
}
