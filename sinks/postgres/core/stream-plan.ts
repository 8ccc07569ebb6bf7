/** A batch of the event topic, reduced to what it changes. */

import {
  applyRecord,
  applyWatermark,
  type EventRecord,
  type EventState,
  type WatermarkRange,
} from '../../../domain/vouching.ts';
import type { SlotWatermark, StreamEvent } from '../../../schemas/records.ts';
import type { ClaimContent, PublicationContent } from './content.ts';

/** A watermark with its offset in the partition. */
export interface PlacedWatermark extends SlotWatermark {
  readonly offset: number;
  /** When it was written to the topic; undefined where that is not known. */
  readonly writtenAtMs?: number | undefined;
}

/** A record of the event topic as the sink takes it in; what concerns none of its tables is left out. */
export type StreamItem =
  | { readonly kind: 'claim'; readonly record: EventRecord<ClaimContent> }
  | { readonly kind: 'publication'; readonly record: EventRecord<PublicationContent> }
  | { readonly kind: 'watermark'; readonly watermark: PlacedWatermark };

/** States by event id, as stored. */
export interface StoredStates {
  readonly claims: ReadonlyMap<string, EventState<ClaimContent>>;
  readonly publications: ReadonlyMap<string, EventState<PublicationContent>>;
}

/** The state of an event that counts, or once did. */
export type TrackedState<Content> = EventState<Content> & { readonly content: Content };

export interface StreamPlan {
  /** Rows to write, in the order first met. */
  readonly claims: readonly TrackedState<ClaimContent>[];
  readonly publications: readonly TrackedState<PublicationContent>[];
  /** Events that are final as failures before anything of them counted. */
  readonly refused: readonly EventState<unknown>[];
  readonly watermarks: readonly PlacedWatermark[];
}

/** Which table an event concerns. */
export function kindOf(event: StreamEvent): 'claim' | 'publication' | undefined {
  if (event.instruction.action === 'claim') return 'claim';
  return event.instruction.action === 'finalize' ? 'publication' : undefined;
}

/** Applies the items in order. Watermarks reach stored rows outside the batch by SQL. */
export function planStreamBatch(items: readonly StreamItem[], stored: StoredStates): StreamPlan {
  const claims = new StateFold(stored.claims);
  const publications = new StateFold(stored.publications);
  const watermarks: PlacedWatermark[] = [];
  for (const item of items) {
    if (item.kind === 'claim') claims.record(item.record);
    else if (item.kind === 'publication') publications.record(item.record);
    else {
      watermarks.push(item.watermark);
      claims.watermark(item.watermark);
      publications.watermark(item.watermark);
    }
  }
  return {
    claims: claims.changed().filter(isTracked),
    publications: publications.changed().filter(isTracked),
    refused: [...claims.changed(), ...publications.changed()].filter(({ content }) => content === undefined),
    watermarks,
  };
}

function isTracked<Content>(state: EventState<Content>): state is TrackedState<Content> {
  return state.content !== undefined;
}

class StateFold<Content> {
  readonly #stored: ReadonlyMap<string, EventState<Content>>;
  readonly #states: Map<string, EventState<Content>>;
  readonly #open = new Set<string>();

  constructor(stored: ReadonlyMap<string, EventState<Content>>) {
    this.#stored = stored;
    this.#states = new Map(stored);
    for (const state of stored.values()) if (!state.final) this.#open.add(state.eventId);
  }

  record(record: EventRecord<Content>): void {
    const state = applyRecord(this.#states.get(record.eventId), record);
    if (state !== undefined) this.#keep(state);
  }

  watermark(watermark: WatermarkRange): void {
    for (const eventId of this.#open) {
      const state = this.#states.get(eventId);
      if (state !== undefined) this.#keep(applyWatermark(state, watermark));
    }
  }

  #keep(state: EventState<Content>): void {
    this.#states.set(state.eventId, state);
    if (state.final) this.#open.delete(state.eventId);
    else this.#open.add(state.eventId);
  }

  changed(): EventState<Content>[] {
    return [...this.#states.values()].filter((state) => this.#stored.get(state.eventId) !== state);
  }
}
