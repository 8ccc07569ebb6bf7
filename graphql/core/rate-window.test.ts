import { expect, it } from '@jest/globals';
import { RateWindow } from './rate-window.ts';

it('a rate lets so many pass in a minute, and says when the next one begins', () => {
  const window = new RateWindow(2);
  expect([0, 1000, 2000, 59_999].map((nowMs) => window.take(nowMs))).toEqual([undefined, undefined, 58_000, 1]);
  expect([60_000, 60_000, 60_000].map((nowMs) => window.take(nowMs))).toEqual([undefined, undefined, 60_000]);
});
