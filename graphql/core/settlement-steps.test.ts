import { describe, expect, it } from '@jest/globals';
import type { SettlementStatus } from '../schema-types.generated.ts';
import { settlementStatus, stepsToShow } from './settlement-steps.ts';

const steps = (...statuses: SettlementStatus[]): { status: SettlementStatus }[] =>
  statuses.map((status) => ({ status }));

describe('the settlement of a root', () => {
  it.each([
    [[], null],
    [['HELD'], 'HELD'],
    [['HELD', 'PENDING'], 'PENDING'],
    [['FAILED', 'FINALIZED'], 'FINALIZED'],
    [['FINALIZED', 'HELD'], 'FINALIZED'],
    [['ALREADY_SETTLED', 'HELD'], 'ALREADY_SETTLED'],
    [['FINALIZED', 'FAILED'], 'FINALIZED'],
    [['CONFLICT', 'HELD'], 'HELD'],
  ] as const)('of %j is %s', (statuses, expected) => {
    expect(settlementStatus(steps(...statuses))).toBe(expected);
  });

  it('is never shown as settled and held side by side when its record came again', () => {
    const shown = (...statuses: SettlementStatus[]): SettlementStatus[] =>
      stepsToShow(steps(...statuses)).map(({ status }) => status);
    expect(shown('FINALIZED', 'HELD')).toEqual(['FINALIZED']);
    expect(shown('HELD', 'FAILED', 'FINALIZED', 'HELD')).toEqual(['HELD', 'FAILED', 'FINALIZED']);
    expect(shown('HELD', 'FAILED')).toEqual(['HELD', 'FAILED']);
  });
});
