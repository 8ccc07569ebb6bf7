import { describe, expect, it } from '@jest/globals';
import type { RootRowFragment } from '../operations.generated.ts';
import { afterStep, channelsOf, epochsOf, newestFirst } from './root-list.ts';

function root(channel: string, epoch: string, count = 1): RootRowFragment {
  const settlement = { status: null, settled: false, reason: null, seenOnChain: false };
  return { channel, epoch, root: `root ${channel} ${epoch}`, count, finalizedAt: '2026-01-01T00:00:00Z', settlement };
}

const ROOTS = [root('b', '9'), root('a', '10', 4), root('a', '9', 2)].sort(newestFirst);

describe('the list of roots', () => {
  it('is sorted by number, not by text', () => {
    expect(ROOTS.map(({ channel, epoch }) => `${epoch}/${channel}`)).toEqual(['10/a', '9/a', '9/b']);
  });

  it('gives the channels, each with its newest root and its claims', () => {
    expect(channelsOf(ROOTS)).toMatchObject([
      { channel: 'a', roots: 2, claims: 6, newest: { epoch: '10' } },
      { channel: 'b', roots: 1, claims: 1, newest: { epoch: '9' } },
    ]);
  });

  it('gives the epochs, and the one behind them first', () => {
    expect(epochsOf(ROOTS, 9)).toEqual(['11', '10', '9']);
    expect(epochsOf(ROOTS, 2)).toEqual(['11', '10']);
    expect(epochsOf([], 9)).toEqual([]);
  });

  it('follows the ledger of its own bytes only, and what is settled stays so', () => {
    const [first] = ROOTS as [RootRowFragment];
    const step = { channel: 'a', epoch: '10', root: first.root, reason: null };
    const settled = afterStep(first, { ...step, status: 'FINALIZED' });
    expect(settled.settlement).toMatchObject({ status: 'FINALIZED', settled: true });
    expect(afterStep(settled, { ...step, status: 'PENDING' }).settlement.settled).toBe(true);
    expect(afterStep(first, { ...step, root: 'others', status: 'FINALIZED' })).toBe(first);
  });
});
