/** One event in the ledger. A class of flat fields: a million of them are held at once. */

import type { ClaimContent } from './claim-record.ts';

/** What a source last said at `confirmed` about an event. */
export interface Version {
  readonly source: string;
  readonly slot: number;
  readonly isCounted: boolean;
  isRetracted: boolean;
}

const NOTHING: ClaimContent = { channel: '', claimer: '', amount: 0n, id: '' };

export class ClaimRow {
  readonly eventId: string;
  /** Offset of the record that began the row: a replay that starts after it cannot rebuild the row. */
  readonly firstOffset: number;
  channel: string;
  claimer: string;
  amount: bigint;
  id: string;
  isFinal = false;
  /** Slot that it is final in; -1 while it is open. */
  finalSlot = -1;
  /** Whether the final version is a counted claim. */
  isCounted = false;
  /** One a source, while the row is open. */
  versions: Version[] | undefined = undefined;
  /** Epochs, by index, whose buckets hold the row: nearly always one. */
  #epoch = -1;
  #moreEpochs: number[] | undefined = undefined;
  /** Number of buckets that still hold the row. */
  holders = 0;

  constructor(eventId: string, firstOffset: number, content: ClaimContent | undefined) {
    const { channel, claimer, amount, id } = content ?? NOTHING;
    this.eventId = eventId;
    this.firstOffset = firstOffset;
    this.channel = channel;
    this.claimer = claimer;
    this.amount = amount;
    this.id = id;
  }

  get signature(): string {
    return this.eventId.slice(0, this.eventId.lastIndexOf('/'));
  }

  /** Notes that the bucket of an epoch holds the row. @returns false when it did already. */
  hold(epoch: number): boolean {
    if (this.#epoch === epoch || this.#moreEpochs?.includes(epoch) === true) return false;
    if (this.#epoch === -1) this.#epoch = epoch;
    else this.#moreEpochs = [...(this.#moreEpochs ?? []), epoch];
    this.holders += 1;
    return true;
  }

  /** Makes it final; nothing changes it after that. Without content it keeps what it has. */
  settle(slot: number, isCounted: boolean, content: ClaimContent | undefined): void {
    this.isFinal = true;
    this.finalSlot = slot;
    this.isCounted = isCounted;
    this.versions = undefined;
    if (content !== undefined) this.#fill(content);
  }

  /** Drops the content once its root is built: only the identity is needed from then on. */
  strip(): void {
    this.#fill(NOTHING);
  }

  versionOf(source: string): Version | undefined {
    return this.versions?.find((version) => version.source === source);
  }

  /** Replaces what a source said before. */
  setVersion(version: Version): void {
    const others = this.versions?.filter(({ source }) => source !== version.source) ?? [];
    this.versions = [...others, version];
  }

  #fill({ channel, claimer, amount, id }: ClaimContent): void {
    this.channel = channel;
    this.claimer = claimer;
    this.amount = amount;
    this.id = id;
  }
}
