import { describe, expect, it } from '@jest/globals';
import { computeUnitLimit, priorityFee, transactionFeeLamports } from './fees.ts';

const estimate = { mode: 'estimate', cap: 50_000 } as const;

describe('fees', () => {
  it('offers the upper quartile of recent fees, and nothing where nobody pays', () => {
    expect(priorityFee(estimate, [100, 300, 200, 400, 1000], 1)).toBe(400);
    expect(priorityFee(estimate, [], 1)).toBe(0);
  });

  it('raises the offer with each attempt, from something even where nobody pays, never above the cap', () => {
    const offers = [1, 2, 3, 4].map((attempt) => priorityFee(estimate, [], attempt));
    expect(offers).toEqual([0, 750, 1125, 1688]);
    expect(priorityFee(estimate, [40_000], 2)).toBe(50_000);
    expect(priorityFee(estimate, [90_000], 1)).toBe(50_000);
  });

  it('offers the cap when it is fixed', () => {
    expect(priorityFee({ mode: 'fixed', cap: 7 }, [1, 2, 3], 1)).toBe(7);
  });

  it('asks for a fifth more units than the simulation used', () => {
    expect(computeUnitLimit(15_000)).toBe(18_000);
    expect(computeUnitLimit(1_390_000)).toBe(1_400_000);
  });

  it('counts the signature and the priority fee, rounded up', () => {
    expect(transactionFeeLamports(18_000, 50_000)).toBe(5900n);
    expect(transactionFeeLamports(1, 1)).toBe(5001n);
  });
});
