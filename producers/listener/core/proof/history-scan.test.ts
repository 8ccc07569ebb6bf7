import { describe, expect, it } from '@jest/globals';
import type { ChainReader, SignatureRow } from '../ports.ts';
import { digestOf, scanHistory } from './history-scan.ts';

const PAGE_ROWS = 3;

/** A node whose rows are newest first, and within a slot in its own order. */
function node(slots: readonly number[], order: 1 | -1): ChainReader {
  const rows = slots
    .map((slot, n): SignatureRow => ({ signature: `s${n}`, slot, failed: false, blockTime: null }))
    .sort((a, b) => b.slot - a.slot || order * a.signature.localeCompare(b.signature));
  return {
    signatures: async ({ before }: { before: string | undefined }) => {
      const start = before === undefined ? 0 : rows.findIndex(({ signature }) => signature === before) + 1;
      return { rows: rows.slice(start, start + PAGE_ROWS), endpoint: 'a', viewSlot: undefined };
    },
  } as unknown as ChainReader;
}

const whole = { floorSlot: 0, targetSlot: 9, before: undefined, mustReachSlot: undefined, endpoint: 'a' };

describe('a scan of a long history', () => {
  it.each([
    ['one row a slot', 2, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['slots that begin and end within pages', 2, [1, 2, 2, 3, 3, 5, 5, 8, 8, 9]],
    ['a page that is one slot from end to end', 6, [1, 2, 3, 5, 5, 5, 5, 8, 9, 9]],
  ])('cuts chunks that any node gives again whole: %s, %i rows a chunk', async (_name, chunkRows, slots) => {
    const scan = await scanHistory(node(slots, 1), { ...whole, chunkRows });
    if (scan.kind !== 'chunks') throw new Error('the scan was not cut');
    expect(scan.rowCount).toBe(slots.length);
    for (const chunk of scan.chunks) {
      const range = { ...whole, floorSlot: chunk.floorSlot, targetSlot: chunk.lastSlot, before: chunk.before };
      const again = await scanHistory(node(slots, -1), { ...range, chunkRows: Number.POSITIVE_INFINITY });
      if (again.kind !== 'walk') throw new Error('an uncut walk was cut');
      expect(digestOf(again.walk.rows.values())).toBe(chunk.digest);
    }
  });
});
