import type { Client } from '../../../runtime/postgres/pool.ts';
import type { PublicationSighting } from '../core/publication-sightings.ts';

/** Keeps what each listener said last of a publication. Key: (event_id, source); the record with the higher offset wins. */
export async function keepSightings(
  client: Client,
  partition: number,
  sightings: readonly PublicationSighting[],
): Promise<void> {
  if (sightings.length === 0) return;
  await client.query(
    `with said as (
       select * from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::boolean[])
         as u(event_id, source, slot, word, stream_offset, founds)),
     changed as (
       update publication_sightings s set slot = said.slot, taken_back = said.word <> 'seen', stream_offset = said.stream_offset
       from said where (s.event_id, s.source) = (said.event_id, said.source) and s.stream_offset < said.stream_offset
         -- A retraction is of one slot, and a slot that was taken back does not come again.
         and case said.word when 'retracted' then s.slot = said.slot when 'seen' then not (s.taken_back and s.slot = said.slot) else true end)
     insert into publication_sightings (event_id, source, slot, taken_back, stream_partition, stream_offset)
     select event_id, source, slot, word <> 'seen', $1::int, stream_offset from said where founds
     on conflict do nothing`,
    [
      partition,
      sightings.map(({ eventId }) => eventId),
      sightings.map(({ source }) => source),
      sightings.map(({ slot }) => slot),
      sightings.map(({ word }) => word),
      sightings.map(({ offset }) => offset),
      sightings.map(({ founds }) => founds),
    ],
  );
}
