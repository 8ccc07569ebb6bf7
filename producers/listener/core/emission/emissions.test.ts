import { describe, expect, it } from '@jest/globals';
import { Emissions, isVouched, type PendingEmission } from './emissions.ts';

const emission = (change: Partial<PendingEmission> = {}): PendingEmission => ({
  ...{ signature: 'sig', slot: 7, failed: false, events: [], offsets: new Map<number, number>(), tainted: false },
  ...change,
});

describe('what a watermark may vouch for', () => {
  it('is what finality shows in the same slot with the same outcome', () => {
    expect(isVouched(emission(), { slot: 7, failed: false })).toBe(true);
    expect(isVouched(emission({ failed: true }), { slot: 7, failed: true })).toBe(true);
  });

  it('is not a success that finality shows as failed, nor the other way round', () => {
    expect(isVouched(emission(), { slot: 7, failed: true })).toBe(false);
    expect(isVouched(emission({ failed: true }), { slot: 7, failed: false })).toBe(false);
  });

  it('is not what finality shows in another slot', () => {
    expect(isVouched(emission(), { slot: 8, failed: false })).toBe(false);
  });

  it('is not a transaction that was taken back before and came again', () => {
    const emissions = new Emissions();
    emissions.recordConfirmed(emission());
    emissions.recordRetracted('sig', 7);
    emissions.recordConfirmed(emission({ slot: 9 }));
    const again = emissions.pending('sig');
    expect(again).toMatchObject({ slot: 9, tainted: true });
    expect(again !== undefined && isVouched(again, { slot: 9, failed: false })).toBe(false);
  });
});
