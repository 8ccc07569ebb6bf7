/**
 * One walk from the newest signature (or an anchor) down to a floor. A short stretch comes back whole, as one Walk. A long
 * one comes back as chunks that only remember where they begin and a digest of their rows, so that memory stays flat; they
 * are then walked again one by one, oldest first, and each proves itself by giving the same digest.
 */

import type { ChainReader, SignatureRow } from '../ports.ts';
import { walkPages } from './signature-walk.ts';
import type { Walk } from './walk-ledger.ts';

export interface ScanRange {
  /** First slot wanted, inclusive. */
  readonly floorSlot: number;
  /** Last slot wanted, inclusive; finalised. */
  readonly targetSlot: number;
  readonly before: string | undefined;
  readonly mustReachSlot: number | undefined;
  readonly endpoint: string;
  /** Rows after which a chunk ends; Infinity never cuts. */
  readonly chunkRows: number;
}

export interface Chunk {
  /** Signature behind which its rows begin; undefined for the newest chunk. */
  readonly before: string | undefined;
  /** First and last slot, inclusive. */
  readonly floorSlot: number;
  readonly lastSlot: number;
  readonly rowCount: number;
  readonly digest: string;
  readonly endpoint: string;
}

export type Scan =
  | { readonly kind: 'walk'; readonly walk: Walk }
  /** Oldest first. */
  | { readonly kind: 'chunks'; readonly chunks: readonly Chunk[]; readonly rowCount: number };

/** @throws AppError HISTORY_TOO_SHORT, WALK_STUCK, and what the chain throws. */
export async function scanHistory(chain: ChainReader, range: ScanRange): Promise<Scan> {
  const { floorSlot, targetSlot } = range;
  const chunks: Chunk[] = [];
  let rows = new Map<string, SignatureRow>();
  let before = range.before;
  let lastSlot = targetSlot;
  let view: { shownSlot: number; boundSlot: number; endpoint: string } | undefined;
  const close = (chunkFloor: number, endpoint: string): void => {
    chunks.push({
      before,
      floorSlot: chunkFloor,
      lastSlot,
      rowCount: rows.size,
      digest: digestOf(rows.values()),
      endpoint,
    });
  };
  for await (const page of walkPages(chain, { ...range, minContextSlot: targetSlot })) {
    view ??= { ...viewOf(page, range), endpoint: page.endpoint };
    for (const row of page.rows) {
      if (row.slot >= floorSlot && row.slot <= lastSlot) rows.set(row.signature, row);
    }
    const lowest = Math.min(...page.rows.map((row) => row.slot));
    // The page's lowest slot may go on on the next page, which reads it again: it belongs to the next chunk.
    // Behind a row of that slot itself, another node's order may hide the rest of it: cut only behind a newer slot.
    const reachesAbove = page.rows.some((row) => row.slot > lowest);
    if (page.next !== undefined && rows.size >= range.chunkRows && lowest < lastSlot && reachesAbove) {
      const carried = [...rows.values()].filter((row) => row.slot <= lowest);
      for (const row of carried) rows.delete(row.signature);
      close(lowest + 1, page.endpoint);
      rows = new Map(carried.map((row) => [row.signature, row]));
      before = page.next;
      lastSlot = lowest;
    }
  }
  const { shownSlot, boundSlot, endpoint } = view ?? { shownSlot: targetSlot, boundSlot: targetSlot, endpoint: '' };
  if (chunks.length === 0) return { kind: 'walk', walk: { endpoint, floorSlot, boundSlot, shownSlot, rows } };
  close(floorSlot, endpoint);
  return { kind: 'chunks', chunks: chunks.reverse(), rowCount: chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0) };
}

/** How far the back end of the first page had come: by its own word, or by the newest row that it shows. */
function viewOf(
  page: { readonly rows: readonly SignatureRow[]; readonly viewSlot: number | undefined },
  range: ScanRange,
): { shownSlot: number; boundSlot: number } {
  const newest = Math.max(-1, ...page.rows.map((row) => row.slot));
  // Behind an anchor the back end has shown that it knows the anchor, which is newer than all of the range.
  const anchored = range.before !== undefined && page.rows.length > 0 ? range.targetSlot : -1;
  const shownSlot = Math.min(range.targetSlot, Math.max(newest, anchored, page.viewSlot ?? -1));
  return { shownSlot, boundSlot: page.viewSlot === undefined ? range.targetSlot : shownSlot };
}

/** Depends on the set of rows, not on their order. */
export function digestOf(rows: Iterable<SignatureRow>): string {
  let count = 0;
  let sumA = 0;
  let sumB = 0;
  for (const row of rows) {
    count += 1;
    const text = `${row.signature}@${row.slot}`;
    sumA = (sumA + fnv1a(text, 0x811c9dc5)) >>> 0;
    sumB = (sumB + fnv1a(text, 0x5bd1e995)) >>> 0;
  }
  return `${count}:${sumA}:${sumB}`;
}

/** FNV-1a, 32 bits. */
function fnv1a(text: string, seed: number): number {
  let hash = seed;
  for (let position = 0; position < text.length; position += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(position), 0x01000193);
  }
  return hash >>> 0;
}
