import { describe, expect, it } from '@jest/globals';
import { type StatusSnapshot, slotsBehind, statusScreen } from './screen.ts';

const WIDE = { columns: 200, rows: 100 };
const snapshot: StatusSnapshot = {
  at: '2026-01-01T00:00:00.000Z',
  health: { value: { status: 'ok' } },
  lag: { value: { 'ao-postgres-sink': 40, 'ao-epoch-roots': 0 } },
  chainSlot: { value: 1050 },
  proven: { value: { slot: 1000, agoMs: 20_000, gaps: [], slotsBehind: null } },
  epochs: {
    value: [
      {
        epoch: '8',
        startSlot: '0',
        endSlot: '999',
        finalized: true,
        complete: false,
        holes: [{ fromSlot: '7', toSlot: '7' }],
      },
    ],
  },
  roots: { value: [] },
};
const screen = (change: Partial<StatusSnapshot>, size = WIDE): string =>
  statusScreen({ ...snapshot, ...change }, size).join('\n');

describe('the screen of ao status', () => {
  it('says how far the platform is behind the chain, and each lag', () => {
    expect(screen({})).toMatch(/up to slot 1000, 20.0 s ago; 50 slots behind the chain; no gap/);
    expect(screen({})).toMatch(/ao-postgres-sink +40 █{24}\n.*ao-epoch-roots +0 $/m);
  });

  it('never calls an epoch with a hole wholly proven', () => {
    expect(screen({})).toMatch(/epoch +8 +final +█{23}· 99 % proven, 1 slots missing/);
  });

  it.each(['health', 'lag', 'chainSlot', 'proven', 'epochs', 'roots'] as const)(
    'says that %s is unknown and why, never that there is none',
    (part) => {
      const shown = screen({ [part]: { unknown: 'nobody answers' } });
      expect(shown).toMatch(/unknown.*nobody answers/);
      expect(shown.match(/unknown/g)).toHaveLength(1);
    },
  );

  it('knows no distance where the chain or what is proven is unknown', () => {
    expect(slotsBehind({ unknown: 'away' }, { value: 5 })).toBeUndefined();
    expect(
      slotsBehind({ value: { slot: null, agoMs: null, gaps: [], slotsBehind: null } }, { value: 5 }),
    ).toBeUndefined();
    expect(slotsBehind({ value: { slot: 9, agoMs: 0, gaps: [], slotsBehind: null } }, { value: 5 })).toBe(0);
  });

  it('takes the distance that the gateway counts, where it knows one', () => {
    const proven = { value: { slot: 1000, agoMs: 0, gaps: [], slotsBehind: 7 } };
    expect(slotsBehind(proven, { unknown: 'away' })).toBe(7);
    expect(screen({ proven })).toContain('7 slots behind the chain');
  });

  it('names open gaps', () => {
    const proven = { value: { slot: 9, agoMs: 0, gaps: [{ fromSlot: '3', toSlot: '4' }], slotsBehind: null } };
    expect(screen({ proven })).toContain('1 gaps: 3–4');
  });

  it('fits the terminal, and says how much does not', () => {
    const lines = statusScreen(snapshot, { columns: 30, rows: 5 });
    expect(lines).toHaveLength(5);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(30);
    expect(lines.at(-1)).toMatch(/… \d+ more lines/);
  });
});
