import { describe, expect, it } from '@jest/globals';
import { DAY_MS, feesOfDay, PaidFees } from './paid-fees.ts';

const DAY = 20_000 * DAY_MS;

function paid(...rows: Parameters<PaidFees['note']>[0][]): PaidFees {
  const fees = new PaidFees();
  for (const row of rows) fees.note(row);
  return fees;
}

describe('what transactions cost in a day', () => {
  it('is the fee of each once, however many of its roots have a row, in whichever partition', () => {
    const one = paid({ at: DAY, signature: 'a', feeLamports: 5n }, { at: DAY + 1, signature: 'a', feeLamports: 5n });
    const two = paid(
      { at: DAY + DAY_MS - 1, signature: 'a', feeLamports: 5n },
      { at: DAY, signature: 'b', feeLamports: 7n },
    );
    expect(feesOfDay([one, two], DAY + 5)).toBe(12n);
    expect(feesOfDay([], DAY)).toBe(0n);
  });

  it('is that of the UTC day alone', () => {
    const fees = paid({ at: DAY - 1, signature: 'a', feeLamports: 5n }, { at: DAY, signature: 'b', feeLamports: 7n });
    expect([feesOfDay([fees], DAY - DAY_MS), feesOfDay([fees], DAY), feesOfDay([fees], DAY + DAY_MS)]).toEqual([
      5n,
      7n,
      0n,
    ]);
  });

  it('counts no row without a time, a signature or a fee', () => {
    const rows = [
      { signature: 'a', feeLamports: 5n },
      { at: DAY, feeLamports: 5n },
      { at: DAY, signature: null, feeLamports: 5n },
      { at: DAY, signature: 'a', feeLamports: null },
      { at: DAY, signature: 'a' },
    ];
    for (const row of rows) expect([...paid(row).ofDay(DAY), ...paid(row).ofDay(Number.NaN)]).toEqual([]);
  });

  it('is kept for the newest two days', () => {
    const fees = paid(...[0, 1, 2].map((day) => ({ at: DAY + day * DAY_MS, signature: `s${day}`, feeLamports: 5n })));
    expect([0, 1, 2].map((day) => fees.ofDay(DAY + day * DAY_MS).size)).toEqual([0, 1, 1]);
  });
});
