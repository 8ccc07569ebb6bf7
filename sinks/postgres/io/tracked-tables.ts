/** The two tables whose rows become proven: their content columns and how a state becomes a row. */

import { signatureIn } from '../../../domain/soundness.ts';
import type { EventState } from '../../../domain/vouching.ts';
import type { ClaimContent, PublicationContent } from '../core/content.ts';

export interface TrackedTable<Content> {
  readonly name: 'claims' | 'published_roots';
  /** Content columns with their types: keys of the content, and of the JSON of a sighting. */
  readonly content: Readonly<Record<keyof Content & string, string>>;
  /** Status of a proven row. */
  readonly provenStatus: string;
}

export const CLAIMS: TrackedTable<ClaimContent> = {
  name: 'claims',
  content: {
    channel: 'text',
    user_pubkey: 'text',
    slot: 'bigint',
    claim_timestamp: 'timestamp',
    epoch: 'bigint',
    claim_epoch: 'numeric',
    claim_index: 'bigint',
    amount: 'numeric',
    claim_id: 'text',
    protocol_state: 'text',
  },
  provenStatus: 'pending',
};

export const PUBLISHED_ROOTS: TrackedTable<PublicationContent> = {
  name: 'published_roots',
  content: {
    channel: 'text',
    epoch: 'numeric',
    root: 'text',
    slot: 'bigint',
    published_at: 'timestamp',
    protocol_state: 'text',
  },
  provenStatus: 'seen',
};

/** Columns beside the content that a write sets, with the type each is sent as and the cast to the column's own. */
export const STATE_COLUMNS = {
  event_id: 'text',
  signature: 'text',
  status: 'text',
  commitment: 'text',
  proven: 'boolean',
  vouchers: 'text',
  sightings: 'text',
  unproven_slot: 'bigint',
  stream_offset: 'bigint',
  proven_offset: 'bigint',
} as const;

type Cell = string | number | boolean | null;

/** The state columns of a row. Arrays and JSON as text: `unnest` would flatten arrays of arrays. */
export function stateCells<Content>(
  table: TrackedTable<Content>,
  state: EventState<Content>,
): Record<keyof typeof STATE_COLUMNS, Cell> {
  const proven = state.provenOffset !== null;
  const slots = state.sightings.flatMap(({ retracted, slot }) => (retracted ? [] : [slot]));
  return {
    event_id: state.eventId,
    signature: signatureIn(state.eventId) ?? null,
    status: proven ? table.provenStatus : state.vouchers.length > 0 ? 'pending' : 'retracted',
    commitment: state.final ? 'finalized' : 'confirmed',
    proven,
    vouchers: `{${state.vouchers.map((source) => JSON.stringify(source)).join(',')}}`,
    sightings: state.sightings.length === 0 ? null : JSON.stringify(state.sightings),
    unproven_slot: slots.length === 0 ? null : Math.min(...slots),
    stream_offset: state.firstOffset,
    proven_offset: state.provenOffset,
  };
}
