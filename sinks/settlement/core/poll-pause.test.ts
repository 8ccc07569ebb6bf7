import { describe, expect, it } from '@jest/globals';
import { lingerMs, pollPauseMs } from './poll-pause.ts';

describe('the pause between looks at transactions under way', () => {
  it.each([
    [[1000], 1000, 100],
    [[1000], 1600, 300],
    [[1000, 1500], 1600, 100],
    [[1000], 9000, 1000],
    [[0], 9000, 1000],
    [[], 9000, 1000],
  ])('of those begun at %j is, at %i, %i ms', (begun, nowMs, pause) => {
    expect(pollPauseMs(begun, nowMs, 1000)).toBe(pause);
  });

  it('is never longer than the setting, however short that is', () => {
    expect(pollPauseMs([1000], 1000, 20)).toBe(20);
  });
});

describe('the wait of a new root for company', () => {
  it('is a slot of the cluster, at most the setting, and the setting while nobody knows the pace', () => {
    expect(lingerMs({ slotMs: 200 }, 250)).toBe(200);
    expect(lingerMs({ slotMs: 400 }, 250)).toBe(250);
    expect(lingerMs({ slotMs: undefined, reason: 'only 0 block times are known' }, 250)).toBe(250);
  });
});
