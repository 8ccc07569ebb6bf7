import type { Client } from '../../../runtime/postgres/pool.ts';
import type { CoverageChange } from '../core/coverage.ts';

/** Replaces merged ranges. Key: (partition, source, method, endpoint, from_slot); the position's lock makes it the only writer. */
export async function saveCoverage(client: Client, partition: number, change: CoverageChange): Promise<void> {
  const { remove, insert } = change;
  if (remove.length > 0) {
    await client.query(
      `delete from coverage c using unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) as r(source, method, endpoint, from_slot)
       where c.stream_partition = $1 and c.source = r.source and c.method = r.method and c.endpoint = r.endpoint
         and c.from_slot = r.from_slot`,
      [
        partition,
        remove.map(({ source }) => source),
        remove.map(({ method }) => method),
        remove.map(({ endpoint }) => endpoint),
        remove.map(({ fromSlot }) => fromSlot),
      ],
    );
  }
  if (insert.length === 0) return;
  await client.query(
    `insert into coverage (stream_partition, source, method, endpoint, from_slot, to_slot, block_time, watermarks, signatures, last_offset)
     select $1, u.source, u.method, u.endpoint, u.from_slot, u.to_slot, to_timestamp(u.block_time) at time zone 'utc',
            u.watermarks, u.signatures, u.last_offset
     from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
       as u(source, method, endpoint, from_slot, to_slot, block_time, watermarks, signatures, last_offset)`,
    [
      partition,
      insert.map(({ source }) => source),
      insert.map(({ method }) => method),
      insert.map(({ endpoint }) => endpoint),
      insert.map(({ fromSlot }) => fromSlot),
      insert.map(({ toSlot }) => toSlot),
      insert.map(({ blockTime }) => blockTime),
      insert.map(({ watermarks }) => watermarks),
      insert.map(({ signatures }) => signatures),
      insert.map(({ lastOffset }) => lastOffset),
    ],
  );
}
