import { describe, expect, it } from '@jest/globals';
import { partOf, provenShare, slotCount } from './coverage.ts';

const EPOCH = { fromSlot: '1000', toSlot: '1999' };

describe('the bar of an epoch', () => {
  it('cuts what reaches beyond the epoch, and leaves out what lies outside', () => {
    expect(partOf({ fromSlot: '0', toSlot: '1249' }, EPOCH)).toEqual({ left: 0, width: 25 });
    expect(partOf({ fromSlot: '1500', toSlot: '9999' }, EPOCH)).toEqual({ left: 50, width: 50 });
    expect(partOf({ fromSlot: '2000', toSlot: '2001' }, EPOCH)).toBeUndefined();
    expect(partOf({ fromSlot: '0', toSlot: '999' }, EPOCH)).toBeUndefined();
  });

  it('is never full while one slot is missing, at slots beyond what a double holds', () => {
    const epoch = { fromSlot: '18446744073709000000', toSlot: '18446744073709431999' };
    const hole = { fromSlot: '18446744073709000007', toSlot: '18446744073709000007' };
    expect(slotCount([hole])).toBe(1n);
    expect(provenShare([hole], epoch)).toBe('99.9 %');
    expect(provenShare([], epoch)).toBe('100 %');
    expect(provenShare([epoch], epoch)).toBe('0.0 %');
  });
});
