/** From which slot to which the subscription should have told of everything: by the clock, whatever a slot takes. Pure. */

/** A subscription may miss what was confirmed around the time that it was made, and may tell of a slot's transactions this much later. */
export const SETTLING_MS = 3000;
/** Slots that are remembered: enough for the fastest cluster. */
const REMEMBERED = 1000;

export class SettledSlots {
  #upMs: number | undefined;
  #sinceSlot: number | undefined;
  #seen: { readonly slot: number; readonly atMs: number }[] = [];

  /** A slot began on the cluster. */
  note(slot: number, nowMs: number): void {
    this.#upMs ??= nowMs;
    if (nowMs - this.#upMs >= SETTLING_MS) this.#sinceSlot ??= slot;
    const last = this.#seen.at(-1);
    if (last !== undefined && slot <= last.slot) return;
    this.#seen.push({ slot, atMs: nowMs });
    if (this.#seen.length > REMEMBERED) this.#seen.shift();
  }

  /** First slot of which everything should have been told; undefined while that is not known. */
  get sinceSlot(): number | undefined {
    return this.#sinceSlot;
  }

  /** Last slot of which everything should have been told by now; undefined while that is not known. */
  untilSlot(nowMs: number): number | undefined {
    return this.#seen.findLast(({ atMs }) => nowMs - atMs >= SETTLING_MS)?.slot;
  }

  /** The subscription ended. */
  clear(): void {
    this.#upMs = this.#sinceSlot = undefined;
    this.#seen = [];
  }
}
