/**
 * What the walks over a stretch of history have shown, and up to which slot that proves the set of signatures complete.
 *
 * A slot range is proven when (1) for each slot with signatures at least two walks, made at different times by back ends
 * that had finalised the slot, showed exactly the signatures known there, and (2) a signature hidden from all of them is
 * improbable: rows x product of each walk's risk <= RISK_BUDGET. For an endpoint with a clean record two walks are
 * enough; one without a record, one that has left out rows or gave no sign of how far its back end was, needs more. Pure.
 */

import type { SignatureRow } from '../ports.ts';
import type { OmissionRates } from './omission-rates.ts';

/** Accepted chance that a proven range hides a signature. */
export const RISK_BUDGET = 1e-5;
/** Risk of each walk while not one signature of the program is known: an empty answer looks like any other failure. */
const NOTHING_KNOWN_RISK = 0.02;
const MAX_WALKS = 16;

/** One complete walk. */
export interface Walk {
  readonly endpoint: string;
  /** First slot covered. */
  readonly floorSlot: number;
  /** Last slot that the answering back end is held to have finalised. */
  readonly boundSlot: number;
  /** Last slot that it has shown to have finalised; at most `boundSlot`. */
  readonly shownSlot: number;
  readonly rows: ReadonlyMap<string, SignatureRow>;
}

export interface LedgerChange {
  /** Rows never seen before, or seen in another slot. */
  readonly added: readonly SignatureRow[];
  /** Host to the number of rows it should have shown and did not. */
  readonly omissions: ReadonlyMap<string, number>;
}

export class WalkLedger {
  readonly #rows = new Map<string, SignatureRow>();
  readonly #rates: OmissionRates;
  #walks: Walk[] = [];

  constructor(rates: OmissionRates) {
    this.#rates = rates;
  }

  /** Every row shown by any walk. */
  get rows(): ReadonlyMap<string, SignatureRow> {
    return this.#rows;
  }

  get newestEndpoint(): string | undefined {
    return this.#walks[0]?.endpoint;
  }

  add(walk: Walk): LedgerChange {
    const added: SignatureRow[] = [];
    const omissions = new Map<string, number>();
    const omit = (endpoint: string, count: number): void => {
      if (count > 0) omissions.set(endpoint, (omissions.get(endpoint) ?? 0) + count);
    };
    omit(walk.endpoint, [...this.#rows.values()].filter((row) => covers(walk, row.slot) && !shows(walk, row)).length);
    for (const row of walk.rows.values()) {
      if (this.#rows.get(row.signature)?.slot === row.slot) continue;
      this.#rows.set(row.signature, row);
      added.push(row);
      for (const older of this.#walks) if (covers(older, row.slot)) omit(older.endpoint, 1);
    }
    this.#rates.observed(walk.endpoint, walk.rows.size);
    for (const [endpoint, count] of omissions) this.#rates.omitted(endpoint, count);
    this.#walks = [walk, ...this.#walks].slice(0, MAX_WALKS);
    return { added, omissions };
  }

  /** A signature that is final though no walk showed it: every walk over its slot left it out. */
  addOmitted(row: SignatureRow): void {
    if (this.#rows.has(row.signature)) return;
    this.#rows.set(row.signature, row);
    for (const walk of this.#walks) if (covers(walk, row.slot)) this.#rates.omitted(walk.endpoint, 1);
  }

  /**
   * Last slot up to which everything from `fromSlot` on is proven; undefined when not even `fromSlot` is.
   * @param historyKnown Whether any signature of the program, in this range or before it, is known to exist.
   */
  provenSlot(fromSlot: number, historyKnown: boolean): number | undefined {
    const reach = this.#reach(fromSlot, historyKnown);
    if (reach === undefined) return undefined;
    let firstUnproven = reach + 1;
    for (const [slot, rows] of this.#bySlot(fromSlot, reach)) {
      if (slot < firstUnproven && this.#exactSightings(slot, rows) < 2) firstUnproven = slot;
    }
    return firstUnproven > fromSlot ? firstUnproven - 1 : undefined;
  }

  /** Forgets rows below `slot`, and walks that end there. */
  prune(slot: number): void {
    for (const [signature, row] of this.#rows) if (row.slot < slot) this.#rows.delete(signature);
    this.#walks = this.#walks.filter((walk) => walk.boundSlot >= slot);
  }

  /** The furthest slot that enough walks reach. */
  #reach(fromSlot: number, historyKnown: boolean): number | undefined {
    const covering = this.#walks.filter((walk) => walk.floorSlot <= fromSlot && walk.boundSlot >= fromSlot);
    const nothingKnown = !historyKnown && this.#rows.size === 0;
    const candidates = new Set(covering.flatMap((walk) => [walk.boundSlot, walk.shownSlot]));
    for (const bound of [...candidates].sort((a, b) => b - a)) {
      const walks = covering.filter((walk) => walk.boundSlot >= bound);
      if (bound < fromSlot || walks.length < 2) continue;
      const rows = [...this.#rows.values()].filter((row) => row.slot >= fromSlot && row.slot <= bound).length;
      const risk = (walk: Walk): number =>
        Math.max(
          this.#rates.risk(walk.endpoint),
          walk.shownSlot >= bound ? 0 : this.#rates.viewRisk(walk.endpoint),
          nothingKnown ? NOTHING_KNOWN_RISK : 0,
        );
      if (walks.reduce((chance, walk) => chance * risk(walk), Math.max(1, rows)) <= RISK_BUDGET) return bound;
    }
    return undefined;
  }

  #bySlot(fromSlot: number, toSlot: number): Map<number, SignatureRow[]> {
    const slots = new Map<number, SignatureRow[]>();
    for (const row of this.#rows.values()) {
      if (row.slot < fromSlot || row.slot > toSlot) continue;
      const rows = slots.get(row.slot);
      if (rows === undefined) slots.set(row.slot, [row]);
      else rows.push(row);
    }
    return slots;
  }

  #exactSightings(slot: number, rows: readonly SignatureRow[]): number {
    return this.#walks.filter((walk) => covers(walk, slot) && rows.every((row) => shows(walk, row))).length;
  }
}

function covers(walk: Walk, slot: number): boolean {
  return slot >= walk.floorSlot && slot <= walk.boundSlot;
}

function shows(walk: Walk, row: SignatureRow): boolean {
  return walk.rows.get(row.signature)?.slot === row.slot;
}

/** The row in the highest slot up to `slot`. */
export function newestUpTo(rows: Iterable<SignatureRow>, slot: number): SignatureRow | undefined {
  let newest: SignatureRow | undefined;
  for (const row of rows) {
    if (row.slot <= slot && (newest === undefined || row.slot > newest.slot)) newest = row;
  }
  return newest;
}

/** Rows in slots `fromSlot` to `toSlot`, inclusive. */
export function countBetween(rows: Iterable<SignatureRow>, fromSlot: number, toSlot: number): number {
  let count = 0;
  for (const row of rows) if (row.slot >= fromSlot && row.slot <= toSlot) count += 1;
  return count;
}
