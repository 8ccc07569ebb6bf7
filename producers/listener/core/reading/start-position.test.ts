import { describe, expect, it } from '@jest/globals';
import { emptyCursor, firstSlot } from './start-position.ts';

describe('where a listener without a cursor begins', () => {
  it.each([
    ['genesis', 0],
    ['now', 501],
    ['1234', 1234],
    ['0', 0],
  ])('%s: slot %i', (start, slot) => {
    expect(firstSlot(start, 500)).toBe(slot);
  });

  it('is written as a range that proves nothing', () => {
    expect(emptyCursor('one', 40, [{ partition: 0, offset: 3 }], 9, 'hash')).toEqual({
      ...{ listener: 'one', fromSlot: 40, slot: 39, signature: null, blockTime: 0 },
      ...{ resumeOffsets: [{ partition: 0, offset: 3 }], updatedAt: 9, genesisHash: 'hash' },
    });
    expect(emptyCursor('one', 0, [], 0).genesisHash).toBeNull();
  });
});
