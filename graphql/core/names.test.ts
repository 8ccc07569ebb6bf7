import { describe, expect, it } from '@jest/globals';
import { channelName, isEventId, isStoredEpoch } from './names.ts';

describe('what a row can hold', () => {
  it('is a channel as rows name it, up to 4,096 characters', () => {
    expect(channelName('LoFi')).toBe('lofi');
    expect(channelName('a'.repeat(4096))).toHaveLength(4096);
    expect(channelName('a'.repeat(4097))).toBeUndefined();
  });

  it.each(['a\0b', '\ud800'])('is not %j', (text) => {
    expect(channelName(text)).toBeUndefined();
    expect(isEventId(text)).toBe(false);
  });

  it('is an event id of 256 characters at most', () => {
    expect([isEventId('a'.repeat(256)), isEventId('a'.repeat(257))]).toEqual([true, false]);
  });

  it('is an epoch below 2^63', () => {
    expect([isStoredEpoch(2n ** 63n - 1n), isStoredEpoch(2n ** 63n)]).toEqual([true, false]);
  });
});
