import type { WatermarkRange } from '../../../domain/vouching.ts';
import type { Client } from '../../../runtime/postgres/pool.ts';
import type { TrackedTable } from './tracked-tables.ts';

/** Watermarks a statement: each unproven row is compared with each of them. */
const WATERMARKS_AT_ONCE = 500;

/**
 * Settles stored rows: those that a watermark's source saw inside the range, before the watermark, and did not take back.
 * The earliest such watermark decides. The same rule as domain/vouching.ts, for rows that are not in the batch.
 * Key: event_id; a settled row has no unproven_slot and is not met again.
 * @param position Of the batch: where an event that is taken back, or comes back, is noted as changed.
 * @returns epochs of the rows.
 */
export async function promoteStates<Content>(
  client: Client,
  table: TrackedTable<Content>,
  partition: number,
  position: number,
  watermarks: readonly WatermarkRange[],
): Promise<Set<number>> {
  const epochs = new Set<number>();
  const content = Object.entries<string>(table.content)
    .map(([column, type]) => `${column} = (proof.content->>'${column}')::${type}`)
    .join(', ');
  for (let start = 0; start < watermarks.length; start += WATERMARKS_AT_ONCE) {
    const some = watermarks.slice(start, start + WATERMARKS_AT_ONCE);
    const { rows } = await client.query<{ epoch: number | string }>(
      `with proof as (
         select distinct on (t.event_id) t.event_id, sighting->'content' as content,
                (sighting->>'counted')::boolean as counted, w.at_offset
         from ${table.name} t
         cross join lateral jsonb_array_elements(t.sightings) as s(sighting)
         join unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) as w(source, from_slot, to_slot, at_offset)
           on w.source = sighting->>'source'
           and (sighting->>'offset')::bigint < w.at_offset
           and (sighting->>'slot')::bigint between w.from_slot and w.to_slot
         where t.stream_partition = $1 and t.unproven_slot <= $6 and not (sighting->>'retracted')::boolean
         order by t.event_id, w.at_offset
       )
       update ${table.name} t
       set ${content}, commitment = 'finalized', proven = counted, sightings = null, unproven_slot = null,
           status = case when counted then $7 else 'retracted' end,
           vouchers = case when counted then vouchers else '{}' end,
           proven_offset = case when counted then at_offset end,
           changed_offset = case when (t.status = 'retracted') = counted then $8::bigint else t.changed_offset end
       from proof where t.event_id = proof.event_id
       returning t.epoch`,
      [
        partition,
        some.map(({ source }) => source),
        some.map(({ fromSlot }) => fromSlot),
        some.map(({ slot }) => slot),
        some.map(({ offset }) => offset),
        Math.max(...some.map(({ slot }) => slot)),
        table.provenStatus,
        position,
      ],
    );
    for (const { epoch } of rows) epochs.add(Number(epoch));
  }
  return epochs;
}
