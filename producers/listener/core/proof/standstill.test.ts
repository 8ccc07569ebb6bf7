import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../runtime/errors.ts';
import { Standstill } from './standstill.ts';

const rounds = (standstill: Standstill, count: number, error?: AppError): unknown => {
  let held: unknown;
  for (let round = 0; round < count; round += 1) {
    if (error !== undefined) standstill.blocked(error);
    held = standstill.after(10, 100);
  }
  return held;
};

describe('a listener that stands still', () => {
  it('is held after some rounds without an advance, with the reason, and let go by the next advance', () => {
    const standstill = new Standstill();
    expect(rounds(standstill, 14)).toBeUndefined();
    expect(rounds(standstill, 1)).toMatchObject({ code: 'RANGE_UNPROVEN' });
    expect(standstill.after(11, 100)).toBeUndefined();
    expect(rounds(standstill, 14)).toBeUndefined();
    const reason = new AppError('TRANSACTION_NOT_FOUND', 'not there', { retryable: true });
    expect(rounds(standstill, 1, reason)).toBe(reason);
  });

  it('is held at once where more rounds do not help', () => {
    for (const code of ['CHAIN_DIFFERS', 'CHAIN_UNKNOWN', 'HISTORY_TOO_SHORT'] as const) {
      expect(rounds(new Standstill(), 1, new AppError(code, 'sentence'))).toMatchObject({ code });
    }
  });

  it('is held by a tip below the cursor only when it is seen three times: one back end may lag', () => {
    const below = new AppError('TIP_BELOW_CURSOR', 'sentence', { retryable: true });
    expect(rounds(new Standstill(), 2, below)).toBeUndefined();
    expect(rounds(new Standstill(), 3, below)).toBe(below);
  });

  it('does not stand still while there is nothing to prove', () => {
    const standstill = new Standstill();
    for (let round = 0; round < 50; round += 1) expect(standstill.after(100, 100)).toBeUndefined();
  });
});
