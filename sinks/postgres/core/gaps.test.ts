import { describe, expect, it } from '@jest/globals';
import { type Gap, gapsAfter } from './gaps.ts';
import type { PlacedWatermark } from './stream-plan.ts';

function walk(offset: number, fromSlot: number, slot: number, source = 'north'): PlacedWatermark {
  const how = { method: 'signature-walk', endpoint: 'a', blockTime: slot, signatures: 0 };
  return { source, ...how, fromSlot, slot, offset, writtenAtMs: offset * 1000 };
}

const told = (gaps: readonly Gap[]): unknown[] =>
  gaps.map(({ fromSlot, toSlot, reason, opened, closed }) => [
    fromSlot,
    toSlot,
    reason,
    opened?.offset ?? null,
    closed === null ? null : `${closed.source}@${closed.offset}`,
  ]);

describe('gaps between proven slots', () => {
  it('are none while each watermark goes on where one ended, whoever wrote it', () => {
    const change = gapsAfter(undefined, [], [walk(0, 5, 9), walk(1, 10, 19, 'south'), walk(2, 8, 12), walk(3, 0, 4)]);
    expect(change).toEqual({ remove: [], insert: [] });
  });

  it('are opened by a watermark that goes on further, or that proves slots before all others', () => {
    const { insert } = gapsAfter({ fromSlot: 100, toSlot: 119 }, [], [walk(7, 121, 130), walk(8, 50, 98)]);
    expect(told(insert)).toEqual([
      [120, 120, 'went_on', 7, null],
      [99, 99, 'earlier_slots', 8, null],
    ]);
    expect(insert[0]?.opened).toEqual({
      source: 'north',
      method: 'signature-walk',
      endpoint: 'a',
      atMs: 7000,
      offset: 7,
    });
  });

  it('are closed piece by piece, each piece by what proved it, and keep who opened them', () => {
    const stored = gapsAfter({ fromSlot: 0, toSlot: 9 }, [], [walk(1, 40, 49)]).insert;
    expect(told(stored)).toEqual([[10, 39, 'went_on', 1, null]]);
    const { remove, insert } = gapsAfter({ fromSlot: 0, toSlot: 49 }, stored, [
      walk(2, 15, 19, 'south'),
      walk(3, 5, 12),
      walk(4, 30, 60),
    ]);
    expect(remove).toEqual([10]);
    expect(told(insert)).toEqual([
      [10, 12, 'went_on', 1, 'north@3'],
      [13, 14, 'went_on', 1, null],
      [15, 19, 'went_on', 1, 'south@2'],
      [20, 29, 'went_on', 1, null],
      [30, 39, 'went_on', 1, 'north@4'],
    ]);
  });

  it('that open and close in one batch are kept as closed', () => {
    const { remove, insert } = gapsAfter(undefined, [], [walk(0, 0, 9), walk(1, 20, 29), walk(2, 10, 19)]);
    expect(remove).toEqual([]);
    expect(told(insert)).toEqual([[10, 19, 'went_on', 1, 'north@2']]);
  });

  it('do not open again when watermarks are taken in again', () => {
    const again = [walk(0, 0, 9), walk(1, 20, 29), walk(2, 10, 19)];
    expect(gapsAfter({ fromSlot: 0, toSlot: 29 }, [], again)).toEqual({ remove: [], insert: [] });
  });

  it('are the same however the watermarks are cut into batches', () => {
    const watermarks = [walk(0, 50, 59), walk(1, 70, 79), walk(2, 10, 19), walk(3, 15, 72), walk(4, 100, 110)];
    const whole = gapsAfter(undefined, [], watermarks).insert;
    for (let cut = 1; cut < watermarks.length; cut += 1) {
      const first = gapsAfter(undefined, [], watermarks.slice(0, cut));
      const before = watermarks.slice(0, cut);
      const span = {
        fromSlot: Math.min(...before.map(({ fromSlot }) => fromSlot)),
        toSlot: Math.max(...before.map(({ slot }) => slot)),
      };
      const open = first.insert.filter(({ closed }) => closed === null);
      const second = gapsAfter(span, open, watermarks.slice(cut));
      const kept = first.insert.filter((gap) => gap.closed !== null || !second.remove.includes(gap.fromSlot));
      const bySlot = (gaps: readonly Gap[]): Gap[] => [...gaps].sort((a, b) => a.fromSlot - b.fromSlot);
      expect(bySlot([...kept, ...second.insert])).toEqual(bySlot(whole));
    }
  });
});
