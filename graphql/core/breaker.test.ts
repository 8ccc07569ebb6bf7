import { expect, it } from '@jest/globals';
import { Breaker } from './breaker.ts';

it('a breaker opens after failures in a row, lets one trial pass a pause, and closes with the first success', () => {
  const breaker = new Breaker({ failures: 2, pauseMs: 100 });
  breaker.failed(0);
  breaker.succeeded();
  breaker.failed(1);
  expect(breaker.allows(2)).toBe(true);
  breaker.failed(3);
  expect([4, 50, 102].map((nowMs) => breaker.allows(nowMs))).toEqual([false, false, false]);
  expect([103, 104, 150].map((nowMs) => breaker.allows(nowMs))).toEqual([true, false, false]);
  // The trial took longer than the pause: the next one waits a pause all the same.
  breaker.failed(500);
  expect([501, 599, 600, 601].map((nowMs) => breaker.allows(nowMs))).toEqual([false, false, true, false]);
  breaker.succeeded();
  expect([602, 603].map((nowMs) => breaker.allows(nowMs))).toEqual([true, true]);
});

it('a breaker without end stays open until somebody tells of a success', () => {
  const breaker = new Breaker({ failures: 1, pauseMs: Number.POSITIVE_INFINITY });
  breaker.failed(0);
  expect(breaker.allows(1e15)).toBe(false);
  breaker.succeeded();
  expect(breaker.allows(1e15)).toBe(true);
});
