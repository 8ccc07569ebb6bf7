/** One event in the ledger. Flat while it is final: a million of them are held at once. */

import type { EventState, Sighting } from '../../../domain/vouching.ts';
import type { ClaimContent } from './claim-record.ts';

const NOBODY: readonly string[] = [];

export class ClaimRow {
  readonly eventId: string;
  /** Offset of the record that began the row: a replay that starts after it cannot rebuild the row. */
  readonly firstOffset: number;
  /** Slot in which it was last told as late; -1 for none. */
  lateSlot = -1;
  /** Newest version of each source while it is open; undefined once it is final. */
  #sightings: readonly Sighting<ClaimContent>[] | undefined;
  #provenOffset: number | null = null;
  #content: ClaimContent | undefined;
  /** Buckets, by key, that hold the row: nearly always one. */
  #holder: number | undefined;
  #moreHolders: number[] | undefined;

  constructor(eventId: string, firstOffset: number) {
    this.eventId = eventId;
    this.firstOffset = firstOffset;
  }

  get signature(): string {
    return this.eventId.slice(0, this.eventId.lastIndexOf('/'));
  }

  get isFinal(): boolean {
    return this.#sightings === undefined;
  }

  /** The claim that it is final as; undefined while it is open, where it is final as a failure, and once its root is built. */
  get proven(): ClaimContent | undefined {
    return this.#provenOffset === null ? undefined : this.#content;
  }

  /** What the rule of vouching takes and gives; who stood by a final event is not kept. */
  get state(): EventState<ClaimContent> {
    return {
      eventId: this.eventId,
      firstOffset: this.firstOffset,
      final: this.isFinal,
      provenOffset: this.#provenOffset,
      content: this.#content,
      vouchers: NOBODY,
      sightings: this.#sightings ?? [],
    };
  }

  become(state: EventState<ClaimContent>): void {
    this.#sightings = state.final ? undefined : state.sightings;
    this.#provenOffset = state.provenOffset;
    this.#content = state.content;
  }

  /** What a source last said, while the row is open. */
  sightingOf(source: string): Sighting<ClaimContent> | undefined {
    return this.#sightings?.find((sighting) => sighting.source === source);
  }

  /** Drops the content once its root is built: only the identity is needed from then on. */
  strip(): void {
    this.#content = undefined;
  }

  get isHeld(): boolean {
    return this.#holder !== undefined;
  }

  /** Keys of the buckets that hold the row. */
  get holders(): readonly number[] {
    return this.#holder === undefined ? [] : [this.#holder, ...(this.#moreHolders ?? [])];
  }

  /** Notes that a bucket holds the row. @returns false when it did already. */
  hold(key: number): boolean {
    if (this.#holder === key || this.#moreHolders?.includes(key) === true) return false;
    if (this.#holder === undefined) this.#holder = key;
    else this.#moreHolders = [...(this.#moreHolders ?? []), key];
    return true;
  }

  /** Notes that a bucket holds the row no longer. */
  release(key: number): void {
    const [first, ...others] = this.holders.filter((holder) => holder !== key);
    this.#holder = first;
    this.#moreHolders = others.length === 0 ? undefined : others;
  }
}
