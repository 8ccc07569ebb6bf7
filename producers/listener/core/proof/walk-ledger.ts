/**
 * What the walks over a stretch of history have shown, and up to which slot that proves the set of signatures complete.
 *
 * What any walk shows counts. A range is proven when (1) each of the providers that must take part has walked it, and (2) one
 * provider has shown exactly what all walks together have shown; each by three walks at different times that show how far
 * their back end had come, or by six that do not. So a row has to be missing at every provider, time after time. Pure.
 */

import type { SignatureRow } from '../ports.ts';
import { providerOf } from './providers.ts';

/** Walks of one provider whose back ends have shown that they had finalised the range. */
const SHOWN_WALKS = 3;
/** Walks where nothing shows that, or while not one signature is known: an empty answer looks like any other failure. */
const UNSHOWN_WALKS = 6;
/** Newest walks of an endpoint that are kept. */
const KEPT_WALKS = 12;

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
  #walks: Walk[] = [];

  /** Every row shown by any walk. */
  get rows(): ReadonlyMap<string, SignatureRow> {
    return this.#rows;
  }

  get isEmpty(): boolean {
    return this.#walks.length === 0;
  }

  add(walk: Walk): LedgerChange {
    const added: SignatureRow[] = [];
    const omissions = new Map<string, number>();
    const omit = (endpoint: string, count: number): void => {
      if (count > 0) omissions.set(endpoint, (omissions.get(endpoint) ?? 0) + count);
    };
    omit(walk.endpoint, [...this.#rows.values()].filter((row) => covers(walk, row.slot) && !shows(walk, row)).length);
    for (const row of walk.rows.values()) {
      const known = this.#rows.get(row.signature);
      // Where one says that it failed and another that it did not, it is looked at: a failure may not need to be fetched.
      if (known?.slot === row.slot && (row.failed || !known.failed)) continue;
      this.#rows.set(row.signature, row);
      added.push(row);
      for (const older of this.#walks) if (covers(older, row.slot)) omit(older.endpoint, 1);
    }
    const own = this.#walks.filter(({ endpoint }) => endpoint === walk.endpoint);
    const dropped = own.length < KEPT_WALKS ? undefined : own.at(-1);
    this.#walks = [walk, ...this.#walks.filter((each) => each !== dropped)];
    return { added, omissions };
  }

  /** A signature that is final though no walk showed it: every walk over its slot left it out. */
  addOmitted(row: SignatureRow): void {
    if (!this.#rows.has(row.signature)) this.#rows.set(row.signature, row);
  }

  /**
   * Last slot up to which everything from `fromSlot` on is proven; undefined when not even `fromSlot` is.
   * @param providers How many providers must have walked it.
   * @param historyKnown Whether any signature of the program, in this range or before it, is known to exist.
   */
  provenSlot(fromSlot: number, providers: number, historyKnown: boolean): number | undefined {
    const blind = !historyKnown && this.#rows.size === 0;
    const walked: number[] = [];
    let exact = -1;
    for (const walks of this.#byProvider(fromSlot)) {
      const reaches = walks.map(({ shownSlot, boundSlot }) => ({ shownSlot, boundSlot }));
      walked.push(reachOf(reaches, blind));
      const exactReaches = walks.map((walk) => {
        const lastExact = this.#firstOmitted(walk, fromSlot) - 1;
        return { shownSlot: Math.min(walk.shownSlot, lastExact), boundSlot: Math.min(walk.boundSlot, lastExact) };
      });
      exact = Math.max(exact, reachOf(exactReaches, blind));
    }
    const byEnough = walked.sort((a, b) => b - a)[providers - 1] ?? -1;
    const proven = Math.min(byEnough, exact);
    return proven >= fromSlot ? proven : undefined;
  }

  /** Forgets rows below `slot`, and walks that end there. */
  prune(slot: number): void {
    for (const [signature, row] of this.#rows) if (row.slot < slot) this.#rows.delete(signature);
    this.#walks = this.#walks.filter((walk) => walk.boundSlot >= slot);
  }

  #byProvider(fromSlot: number): Iterable<readonly Walk[]> {
    const groups = new Map<string, Walk[]>();
    for (const walk of this.#walks) {
      if (walk.floorSlot > fromSlot) continue;
      const provider = providerOf(walk.endpoint);
      const group = groups.get(provider);
      if (group === undefined) groups.set(provider, [walk]);
      else group.push(walk);
    }
    return groups.values();
  }

  /** Lowest slot from `fromSlot` on with a known row that the walk does not show; Infinity where it shows all of them. */
  #firstOmitted(walk: Walk, fromSlot: number): number {
    let first = Number.POSITIVE_INFINITY;
    for (const row of this.#rows.values()) {
      if (row.slot >= fromSlot && row.slot < first && !shows(walk, row)) first = row.slot;
    }
    return first;
  }
}

/** Last slot that enough of one provider's walks reach. */
function reachOf(walks: readonly Pick<Walk, 'shownSlot' | 'boundSlot'>[], blind: boolean): number {
  const nth = (slots: number[], count: number): number => slots.sort((a, b) => b - a)[count - 1] ?? -1;
  const shown = nth(
    walks.map(({ shownSlot }) => shownSlot),
    blind ? UNSHOWN_WALKS : SHOWN_WALKS,
  );
  const bound = nth(
    walks.map(({ boundSlot }) => boundSlot),
    UNSHOWN_WALKS,
  );
  return Math.max(shown, bound);
}

function covers(walk: Walk, slot: number): boolean {
  return slot >= walk.floorSlot && slot <= walk.boundSlot;
}

function shows(walk: Walk, row: SignatureRow): boolean {
  const shown = walk.rows.get(row.signature);
  return shown?.slot === row.slot && shown.failed === row.failed;
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
