/** Which claims count, by the one rule of vouching; without a filter for mints. */

import { claimRecord } from '../../domain/claim-record.ts';
import { applyRecord, applyWatermark, type EventState } from '../../domain/vouching.ts';
import type { SlotWatermark, StreamEvent } from '../../schemas/records.ts';

/** A claim as the live status tells it: the root that it was made with, `<channel>/<epoch>`. */
type State = EventState<string>;

export class ClaimCounter {
  /** Event ids of the claims that count, to their roots. */
  readonly counted = new Map<string, string>();
  /** Not proven yet, by partition. */
  readonly #open = new Map<number, Map<string, State>>();
  /** Final as failures. */
  readonly #refused = new Set<string>();

  event(event: StreamEvent, partition: number, offset: number): void {
    const { eventId, channel } = event;
    if (this.counted.has(eventId) || this.#refused.has(eventId)) return;
    const root = `${channel}/${event.instruction.data.epoch}`;
    const record = claimRecord(event, offset, undefined, () => root);
    const open = this.#openIn(partition);
    const state = record && applyRecord(open.get(eventId), record);
    if (state !== undefined) this.#keep(open, state);
  }

  watermark(watermark: SlotWatermark, partition: number, offset: number): void {
    const open = this.#openIn(partition);
    for (const state of [...open.values()]) this.#keep(open, applyWatermark(state, { ...watermark, offset }));
  }

  #openIn(partition: number): Map<string, State> {
    const open = this.#open.get(partition) ?? new Map<string, State>();
    this.#open.set(partition, open);
    return open;
  }

  #keep(open: Map<string, State>, state: State): void {
    const { eventId, final, provenOffset, content } = state;
    if (!final) open.set(eventId, state);
    else {
      open.delete(eventId);
      if (provenOffset === null || content === undefined) this.#refused.add(eventId);
      else this.counted.set(eventId, content);
    }
  }
}
