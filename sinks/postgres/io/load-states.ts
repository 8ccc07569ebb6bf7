import { type EventState, refusedState, type Sighting, unprovenState } from '../../../domain/vouching.ts';
import type { Client } from '../../../runtime/postgres/pool.ts';
import type { TrackedTable } from './tracked-tables.ts';

interface StateRow<Content> {
  event_id: string;
  stream_offset: number;
  /** Of the row; `refused` for an event that never counted and is final as a failure. */
  commitment: string;
  proven_offset: number | null;
  sightings: Sighting<Content>[] | null;
}

/** Stored states of events, by event id. Content and vouchers of final ones are left out: nothing changes them. */
export async function loadStates<Content>(
  client: Client,
  table: TrackedTable<Content>,
  eventIds: readonly string[],
): Promise<Map<string, EventState<Content>>> {
  const states = new Map<string, EventState<Content>>();
  if (eventIds.length === 0) return states;
  const { rows } = await client.query<StateRow<Content>>(
    `select event_id, stream_offset, commitment, proven_offset, sightings
     from ${table.name} where event_id = any($1::text[])
     union all
     select event_id, stream_offset, 'refused', null, null from refused_events where event_id = any($1::text[])`,
    [eventIds],
  );
  for (const row of rows) {
    const state = stateOf(row);
    if (state !== undefined) states.set(row.event_id, state);
  }
  return states;
}

function stateOf<Content>(row: StateRow<Content>): EventState<Content> | undefined {
  if (row.commitment === 'refused') return refusedState(row.event_id, row.stream_offset);
  if (row.commitment === 'finalized') return finalState(row);
  return unprovenState(row.event_id, row.stream_offset, row.sightings ?? []);
}

function finalState<Content>(row: StateRow<Content>): EventState<Content> {
  return {
    eventId: row.event_id,
    firstOffset: row.stream_offset,
    final: true,
    provenOffset: row.proven_offset,
    content: {} as Content,
    vouchers: [],
    sightings: [],
  };
}
