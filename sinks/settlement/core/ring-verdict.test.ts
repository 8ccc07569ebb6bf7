import { describe, expect, it } from '@jest/globals';
import { judgeRing, requiredEpochBase } from './ring-verdict.ts';

const EMPTY = '0'.repeat(64);
const OURS = 'ab'.repeat(32);
const ring = (...entries: [bigint, string][]) =>
  Array.from({ length: 10 }, (_, slot) => {
    const [epoch, root] = entries.find(([candidate]) => Number(candidate % 10n) === slot) ?? [0n, EMPTY];
    return { epoch, root };
  });

describe('judgeRing', () => {
  it('lets a root through when the channel has no account, an empty slot, or an older epoch in the slot', () => {
    const root = { epoch: 881n, root: OURS };
    expect(judgeRing(root, undefined)).toEqual({ kind: 'publish' });
    expect(judgeRing(root, ring())).toEqual({ kind: 'publish' });
    expect(judgeRing(root, ring([871n, EMPTY]))).toEqual({ kind: 'publish' });
  });

  it('finds the same epoch and root settled, and another root a conflict', () => {
    expect(judgeRing({ epoch: 881n, root: OURS }, ring([881n, OURS]))).toEqual({ kind: 'settled' });
    const other = 'cd'.repeat(32);
    expect(judgeRing({ epoch: 881n, root: OURS }, ring([881n, other]))).toEqual({
      kind: 'conflict',
      rootOnChain: other,
    });
  });

  it('looks only at the slot of the epoch', () => {
    expect(judgeRing({ epoch: 882n, root: OURS }, ring([881n, OURS]))).toEqual({ kind: 'publish' });
  });

  it('knows an epoch that the program would refuse, and the base above the whole ring', () => {
    const verdict = judgeRing({ epoch: 901n, root: OURS }, ring([1_763_942_401n, OURS], [1_763_942_408n, OURS]));
    expect(verdict).toEqual({ kind: 'passed', epochInSlot: 1_763_942_401n, requiredEpochBase: 1_763_942_410n });
  });

  it('knows that epoch 0 is never above an empty slot', () => {
    expect(judgeRing({ epoch: 0n, root: OURS }, undefined)).toMatchObject({ kind: 'passed', requiredEpochBase: 10n });
  });

  it('asks for a base that is a multiple of ten above the newest epoch, also when that is one', () => {
    expect(requiredEpochBase(ring([890n, OURS]))).toBe(900n);
    expect(requiredEpochBase(ring([899n, OURS]))).toBe(900n);
    expect(requiredEpochBase(undefined)).toBe(10n);
  });
});
