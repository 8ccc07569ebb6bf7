import { describe, expect, it } from '@jest/globals';
import { type Attempt, judgeAttempt, type Observation } from './attempt-verdict.ts';

const attempt: Attempt = {
  ...{ signature: 's', lastValidBlockHeight: 1000, wire: new Uint8Array(1), confirmed: false, lastSentAtMs: 0 },
};
const seen: Observation = {
  ...{ status: null, contextSlot: 5000, head: { slot: 4900, blockHeight: 900 }, nowMs: 1000, rebroadcastMs: 2000 },
};
const error = { InstructionError: [2, { Custom: 6023 }] };

describe('judgeAttempt', () => {
  it('waits, and sends the same bytes again when the pause is over', () => {
    expect(judgeAttempt(attempt, seen)).toEqual({ kind: 'wait' });
    expect(judgeAttempt(attempt, { ...seen, nowMs: 2000 })).toEqual({ kind: 'rebroadcast' });
  });

  it('cannot send again what another process signed', () => {
    expect(judgeAttempt({ ...attempt, wire: undefined }, { ...seen, nowMs: 9000 })).toEqual({ kind: 'wait' });
  });

  it('finds it expired only past the last valid height at finalized', () => {
    const at = (blockHeight: number) => judgeAttempt(attempt, { ...seen, head: { slot: 4900, blockHeight } });
    expect(at(1000).kind).toBe('wait');
    expect(at(1001).kind).toBe('expired');
  });

  it('does not believe a node that is behind', () => {
    const head = { slot: 5001, blockHeight: 2000 };
    expect(judgeAttempt(attempt, { ...seen, head, contextSlot: 5000 })).toEqual({ kind: 'wait' });
    expect(judgeAttempt(attempt, { ...seen, head, contextSlot: 5001 })).toEqual({ kind: 'expired' });
  });

  it('does not send again past the last valid height', () => {
    const head = { slot: 5001, blockHeight: 2000 };
    expect(judgeAttempt(attempt, { ...seen, head, nowMs: 9000 })).toEqual({ kind: 'wait' });
  });

  it('goes confirmed once, then waits for finalized', () => {
    const status = { slot: 7, confirmation: 'confirmed', error: null } as const;
    expect(judgeAttempt(attempt, { ...seen, status })).toEqual({ kind: 'confirmed', slot: 7 });
    expect(judgeAttempt({ ...attempt, confirmed: true }, { ...seen, status })).toEqual({ kind: 'wait' });
    const finalized = { ...status, confirmation: 'finalized' } as const;
    expect(judgeAttempt(attempt, { ...seen, status: finalized })).toEqual({ kind: 'landed', slot: 7 });
  });

  it('takes an error for final only when it is finalised', () => {
    expect(judgeAttempt(attempt, { ...seen, status: { slot: 7, confirmation: 'confirmed', error } }).kind).toBe('wait');
    const finalized = { slot: 7, confirmation: 'finalized', error } as const;
    expect(judgeAttempt(attempt, { ...seen, status: finalized })).toEqual({ kind: 'rejected', slot: 7, error });
  });
});
