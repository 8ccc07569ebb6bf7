/**
 * Who vouches for an event: the one rule, as a state machine. An event counts once a record of it is at `finalized`, or once
 * the source that saw it at `confirmed` vouches: its later watermark holds the slot, and it did not take the event back
 * before. Of each source only its newest version counts (a transaction may land again in another slot), and content belongs to
 * the version that is vouched for. Final is final. Taking a record in twice, or an older one again, changes nothing. Pure.
 */

/** What one listener last said about an event. */
export interface Sighting<Content> {
  readonly source: string;
  /** Offset of the record that said so. */
  readonly offset: number;
  readonly slot: number;
  /** False: it saw the event fail. */
  readonly counted: boolean;
  /** It took this version back; the same slot cannot bring it again. */
  readonly retracted: boolean;
  /** Of the newest version that counted. */
  readonly content: Content;
}

/** What is known of an event that counts, or once did, or is final as a failure. */
export interface EventState<Content> {
  readonly eventId: string;
  /** Offset of the record that began the state. */
  readonly firstOffset: number;
  /** Nothing changes any more: proven, or (provenOffset null) final as something that does not count. */
  readonly final: boolean;
  /** Offset of the record that proved it. */
  readonly provenOffset: number | null;
  /** Of what is proven, or of the newest version that stands; undefined where nothing has ever counted. */
  readonly content: Content | undefined;
  /** Sources that stand by it, sorted. */
  readonly vouchers: readonly string[];
  /** Newest version of each source, in the order of their offsets; empty once final. */
  readonly sightings: readonly Sighting<Content>[];
}

/** A record of an event, reduced to what the rule needs. */
export interface EventRecord<Content> {
  readonly eventId: string;
  readonly source: string;
  readonly offset: number;
  readonly slot: number;
  readonly finalized: boolean;
  readonly retracted: boolean;
  /** Undefined where the record says that the event does not count (failed, another mint). */
  readonly content: Content | undefined;
  /** It would count had its transaction succeeded: such a failure, once final, is remembered. */
  readonly failed: boolean;
}

/** A watermark of the same partition. */
export interface WatermarkRange {
  readonly source: string;
  readonly fromSlot: number;
  readonly slot: number;
  readonly offset: number;
}

const REFUSED = { final: true, provenOffset: null, vouchers: [], sightings: [] } as const;

/** The state after a record; undefined while there is nothing to remember. The same object when nothing changed. */
export function applyRecord<Content>(
  state: EventState<Content> | undefined,
  record: EventRecord<Content>,
): EventState<Content> | undefined {
  if (state?.final === true) return state;
  // Met again in a replay: before the record that began the state, nothing was known of the event.
  if (state !== undefined && record.offset < state.firstOffset) return state;
  if (record.retracted) return state === undefined ? undefined : retract(state, record);
  if (state === undefined && !founds(record)) return undefined;
  return record.finalized ? finalize(state, record) : see(state, record);
}

/**
 * Whether a record begins a state where there is none: what counts, and a failure that is final. A failure must be remembered,
 * or a later sighting on a fork would count where an earlier one does not.
 */
export function founds({ retracted, finalized, content, failed }: EventRecord<unknown>): boolean {
  return !retracted && (content !== undefined || (finalized && failed));
}

/** The state after a watermark: what its source saw in the range before it, and did not take back, is settled. */
export function applyWatermark<Content>(state: EventState<Content>, watermark: WatermarkRange): EventState<Content> {
  const version = state.sightings.find(
    ({ source, retracted, offset, slot }) =>
      !retracted &&
      source === watermark.source &&
      offset < watermark.offset &&
      slot >= watermark.fromSlot &&
      slot <= watermark.slot,
  );
  if (version === undefined) return state;
  const { content } = version;
  if (!version.counted) return { ...state, ...REFUSED, content };
  return { ...state, final: true, provenOffset: watermark.offset, content, sightings: [] };
}

/** An unproven event from its versions: content of the newest that stands, or of the newest where none stands. */
export function unprovenState<Content>(
  eventId: string,
  firstOffset: number,
  sightings: readonly Sighting<Content>[],
): EventState<Content> | undefined {
  const sorted = [...sightings].sort((a, b) => a.offset - b.offset);
  const newest = sorted.findLast(stands) ?? sorted.at(-1);
  if (newest === undefined) return undefined;
  return {
    eventId,
    firstOffset,
    final: false,
    provenOffset: null,
    content: newest.content,
    vouchers: sorted
      .filter(stands)
      .map(({ source }) => source)
      .sort(),
    sightings: sorted,
  };
}

/** An event that is final and does not count, of which nothing else is known. */
export function refusedState<Content>(eventId: string, firstOffset: number): EventState<Content> {
  return { eventId, firstOffset, ...REFUSED, content: undefined };
}

function stands({ counted, retracted }: Sighting<unknown>): boolean {
  return counted && !retracted;
}

function retract<Content>(state: EventState<Content>, record: EventRecord<Content>): EventState<Content> {
  const version = state.sightings.find(({ source }) => source === record.source);
  if (version === undefined || version.retracted || version.slot !== record.slot) return state;
  if (version.offset >= record.offset) return state;
  return replace(state, version, { ...version, retracted: true, offset: record.offset });
}

function see<Content>(
  state: EventState<Content> | undefined,
  { eventId, source, offset, slot, content }: EventRecord<Content>,
): EventState<Content> | undefined {
  const version = state?.sightings.find((one) => one.source === source);
  const counted = content !== undefined;
  const isOld = version !== undefined && version.offset >= offset;
  const isSame = version?.slot === slot && (version.retracted || version.counted === counted);
  if (isOld || isSame) return state;
  const said = content ?? version?.content ?? state?.content;
  if (said === undefined) return state;
  const next = { source, offset, slot, counted, retracted: false, content: said };
  return state === undefined ? firstSeen(eventId, next) : replace(state, version, next);
}

/** As `unprovenState` gives it for one version: most events are seen once. */
function firstSeen<Content>(eventId: string, seen: Sighting<Content>): EventState<Content> {
  const { offset, content, source } = seen;
  return {
    eventId,
    firstOffset: offset,
    final: false,
    provenOffset: null,
    content,
    vouchers: stands(seen) ? [source] : [],
    sightings: [seen],
  };
}

function finalize<Content>(
  state: EventState<Content> | undefined,
  { eventId, source, offset, content }: EventRecord<Content>,
): EventState<Content> {
  if (content === undefined) return state === undefined ? refusedState(eventId, offset) : { ...state, ...REFUSED };
  return {
    eventId,
    firstOffset: state?.firstOffset ?? offset,
    final: true,
    provenOffset: offset,
    content,
    vouchers: [...new Set([...(state?.vouchers ?? []), source])].sort(),
    sightings: [],
  };
}

function replace<Content>(
  state: EventState<Content>,
  version: Sighting<Content> | undefined,
  next: Sighting<Content>,
): EventState<Content> {
  const others = state.sightings.filter((one) => one !== version);
  return unprovenState(state.eventId, state.firstOffset, [...others, next]) ?? state;
}
