/**
 * Who vouches for an event, as a state machine: per source only its newest record counts, so taking a record in twice, or an
 * older one again, changes nothing. Final is final: what a finalized record or a watermark has settled never changes.
 */

/** What one listener last said about an event. */
export interface Sighting<Content> {
  readonly source: string;
  /** Offset of that record. */
  readonly offset: number;
  /** False: it took the event back, or saw it fail. */
  readonly standing: boolean;
  readonly content: Content;
}

/** What is known of an event that counts, or once did. */
export interface EventState<Content> {
  readonly eventId: string;
  /** Offset of its first counted record. */
  readonly firstOffset: number;
  /** Nothing changes any more: proven, or (provenOffset null) final as something that does not count. */
  readonly final: boolean;
  /** Offset of the record that proved it. */
  readonly provenOffset: number | null;
  readonly content: Content;
  /** Sources that stand by it, sorted. */
  readonly vouchers: readonly string[];
  /** Newest record of each source; empty once final. */
  readonly sightings: readonly Sighting<Content>[];
}

/** A record of an event, reduced to what the rule needs. */
export interface EventRecord<Content> {
  readonly eventId: string;
  readonly source: string;
  readonly offset: number;
  readonly finalized: boolean;
  readonly retracted: boolean;
  /** Undefined where the record says that the event does not count (failed, another mint). */
  readonly content: Content | undefined;
}

/** A watermark of the same partition. */
export interface WatermarkRange {
  readonly source: string;
  readonly fromSlot: number;
  readonly slot: number;
  readonly offset: number;
}

interface HasSlot {
  readonly slot: number;
}

/** The state after a record; undefined while no record has counted. The same object when nothing changed. */
export function applyRecord<Content>(
  state: EventState<Content> | undefined,
  record: EventRecord<Content>,
): EventState<Content> | undefined {
  if (state?.final === true) return state;
  const { content, source, offset } = record;
  const withdraws = record.retracted || content === undefined;
  if (state === undefined && withdraws) return undefined;
  if (record.finalized && !record.retracted) {
    if (content === undefined) return state === undefined ? undefined : { ...state, ...refused };
    return {
      eventId: record.eventId,
      firstOffset: state?.firstOffset ?? offset,
      final: true,
      provenOffset: offset,
      content,
      vouchers: [...new Set([...(state?.vouchers ?? []), source])].sort(),
      sightings: [],
    };
  }
  const sightings = state?.sightings ?? [];
  const known = sightings.find((sighting) => sighting.source === source);
  if (known !== undefined && known.offset >= offset) return state;
  const said = content ?? known?.content ?? state?.content;
  if (said === undefined) return state;
  const sighting = { source, offset, standing: !withdraws, content: said };
  return standing(record.eventId, state?.firstOffset ?? offset, [
    ...sightings.filter((other) => other !== known),
    sighting,
  ]);
}

/** The state after a watermark: proven when its source stands by the event and saw it in the range, before the watermark. */
export function applyWatermark<Content extends HasSlot>(
  state: EventState<Content>,
  watermark: WatermarkRange,
): EventState<Content> {
  if (state.final) return state;
  const proof = state.sightings.find(
    (sighting) =>
      sighting.standing &&
      sighting.source === watermark.source &&
      sighting.offset < watermark.offset &&
      sighting.content.slot >= watermark.fromSlot &&
      sighting.content.slot <= watermark.slot,
  );
  if (proof === undefined) return state;
  return { ...state, final: true, provenOffset: watermark.offset, content: proof.content, sightings: [] };
}

/** An unproven event from its sightings: content of the newest standing one, or of the newest where none stands. */
export function standing<Content>(
  eventId: string,
  firstOffset: number,
  sightings: readonly Sighting<Content>[],
): EventState<Content> | undefined {
  const sorted = [...sightings].sort((a, b) => a.offset - b.offset);
  const newest = sorted.findLast((sighting) => sighting.standing) ?? sorted.at(-1);
  if (newest === undefined) return undefined;
  return {
    eventId,
    firstOffset,
    final: false,
    provenOffset: null,
    content: newest.content,
    vouchers: sorted.flatMap(({ standing, source }) => (standing ? [source] : [])).sort(),
    sightings: sorted,
  };
}

const refused = { final: true, provenOffset: null, vouchers: [], sightings: [] } as const;
