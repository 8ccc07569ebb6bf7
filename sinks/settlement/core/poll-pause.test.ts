import { describe, expect, it } from '@jest/globals';
import { pollPauseMs } from './poll-pause.ts';

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
