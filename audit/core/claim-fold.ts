/** What some events of a partition come to, record by record, by the rule of vouching alone; nothing is ever forgotten. Pure. */

import { claimRecord } from '../../domain/claim-record.ts';
import type { CountedClaim } from '../../domain/counted-claim.ts';
import { type CountingRules, eventProblem, watermarkProblem } from '../../domain/soundness.ts';
import { applyRecord, applyWatermark, type EventState } from '../../domain/vouching.ts';
import type { Input } from '../../processors/epoch-roots/core/partition-state.ts';
import type { SlotWatermark } from '../../schemas/records.ts';

export type ChannelClaim = CountedClaim & { readonly channel: string };
type State = EventState<ChannelClaim>;

export class ClaimFold {
  readonly #rules: CountingRules;
  readonly #only: ReadonlySet<string> | undefined;
  readonly #states = new Map<string, State>();
  /** Ids of the events that a source has seen and not yet settled. */
  readonly #waiting = new Map<string, Set<string>>();

  /** @param only Ids of the events that are followed; default: all. */
  constructor(rules: CountingRules, only?: ReadonlySet<string>) {
    this.#rules = rules;
    this.#only = only;
  }

  apply(offset: number, input: Input): void {
    if (input.name === 'SlotWatermark') {
      if (watermarkProblem(input.value) === undefined) this.#vouch(offset, input.value);
      return;
    }
    const { value } = input;
    if (this.#only?.has(value.eventId) === false || eventProblem(value, this.#rules) !== undefined) return;
    const record = claimRecord(value, offset, this.#rules.protocolState, (claim) => claim);
    if (record === undefined) return;
    const after = applyRecord(this.#states.get(record.eventId), record);
    if (after === undefined) return;
    this.#states.set(record.eventId, after);
    if (after.sightings.some(({ source }) => source === record.source)) this.#await(record.source, record.eventId);
  }

  /** Claims that are final and count, as of the records so far. */
  *proven(): Generator<ChannelClaim> {
    for (const { provenOffset, content } of this.#states.values()) {
      if (provenOffset !== null && content !== undefined) yield content;
    }
  }

  #await(source: string, eventId: string): void {
    const waiting = this.#waiting.get(source);
    if (waiting === undefined) this.#waiting.set(source, new Set([eventId]));
    else waiting.add(eventId);
  }

  #vouch(offset: number, { source, fromSlot, slot }: SlotWatermark): void {
    const waiting = this.#waiting.get(source);
    for (const eventId of waiting ?? []) {
      const before = this.#states.get(eventId);
      const after = before && applyWatermark(before, { source, fromSlot, slot, offset });
      if (after !== undefined) this.#states.set(eventId, after);
      if (after === undefined || after.final) waiting?.delete(eventId);
    }
  }
}
