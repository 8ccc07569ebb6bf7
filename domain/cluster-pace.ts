/**
 * How long a slot takes on the cluster: measured from block times, because it differs from cluster to cluster and changes while the roles
 * run. Slots without a block are slots. Pure.
 */

/** A slot and the time of its block. */
export interface TimedSlot {
  readonly slot: number;
  /** Unix seconds. */
  readonly blockTime: number;
}

/** Milliseconds a slot, or why they are not known. */
export type Pace =
  | { readonly slotMs: number; readonly reason?: undefined }
  | { readonly slotMs: undefined; readonly reason: string };

/** No cluster was ever faster or slower; what is measured beyond is a fault of the block times. */
export const FASTEST_SLOT_MS = 10;
export const SLOWEST_SLOT_MS = 10_000;
/** Fewer could be outvoted by a single wrong one. */
const FEWEST_SLOTS = 5;
/** Block times are whole seconds: over less than that a slot's length is a guess. */
const SHORTEST_SPAN_SECS = 10;

/**
 * The middle one of the paces between each two of the slots (the estimator of Theil and Sen): more than a quarter of the block
 * times may be wrong, by whatever, without moving it far.
 */
export function paceOf(slots: readonly TimedSlot[]): Pace {
  if (slots.length < FEWEST_SLOTS)
    return unknown(`only ${slots.length} block times are known, ${FEWEST_SLOTS} are needed`);
  const paces: number[] = [];
  for (const [position, earlier] of slots.entries()) {
    for (const later of slots.slice(position + 1)) {
      if (later.slot !== earlier.slot) {
        paces.push(((later.blockTime - earlier.blockTime) * 1000) / (later.slot - earlier.slot));
      }
    }
  }
  const slotMs = median(paces);
  const numbers = slots.map(({ slot }) => slot);
  const spanSecs = ((Math.max(...numbers) - Math.min(...numbers)) * slotMs) / 1000;
  if (!(slotMs >= FASTEST_SLOT_MS && slotMs <= SLOWEST_SLOT_MS)) {
    return unknown(`the block times say ${Math.round(slotMs)} ms a slot, which no cluster has`);
  }
  if (spanSecs < SHORTEST_SPAN_SECS) {
    return unknown(`the known block times span ${Math.round(spanSecs)} s, ${SHORTEST_SPAN_SECS} s are needed`);
  }
  return { slotMs };
}

/** Slots that are remembered, and how far apart they are at least: about a minute, so that a change of pace shows soon. */
const REMEMBERED = 24;
const SPACING_SECS = 2;

/** The newest block times that a role has come by, and the pace that they show. */
export class PaceWindow {
  #slots: readonly TimedSlot[] = [];
  #pace: Pace = paceOf([]);

  /** Takes a block time in; one that is not above the newest slot, or says nothing new, is left out. */
  note(slot: number, blockTime: number): void {
    const last = this.#slots.at(-1);
    if (last !== undefined && (slot <= last.slot || Math.abs(blockTime - last.blockTime) < SPACING_SECS)) return;
    this.#slots = [...this.#slots, { slot, blockTime }].slice(-REMEMBERED);
    this.#pace = paceOf(this.#slots);
  }

  get pace(): Pace {
    return this.#pace;
  }
}

/** Where the chain stands, or where a reader of it does; without a block time where that is not known. */
export interface Position {
  readonly slot: number;
  readonly blockTime: number | undefined;
}

/**
 * Seconds between two places of the chain: by their block times; without those by the pace; without that by the slowest pace, for an
 * alarm may come early, never late. 0 where `behind` is not behind.
 */
export function secondsBehind(behind: Position, ahead: Position, { slotMs }: Pace): number {
  const slots = ahead.slot - behind.slot;
  if (slots <= 0) return 0;
  if (ahead.blockTime !== undefined && behind.blockTime !== undefined) {
    return Math.max(0, ahead.blockTime - behind.blockTime);
  }
  return (slots * (slotMs ?? SLOWEST_SLOT_MS)) / 1000;
}

function unknown(reason: string): Pace {
  return { slotMs: undefined, reason };
}

/** NaN of nothing. */
function median(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  const upper = sorted.length >> 1;
  const high = sorted[upper] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[upper - 1] ?? Number.NaN)) / 2;
}
