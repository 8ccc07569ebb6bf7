/** What pure tests import of `@jest/globals`, outside of Jest: its own parts, in the process that runs them. */

import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';

/** Longest time of a test, and of one in which nothing happens at all: what it waits for will not come. */
const TEST_MS = 60_000;
const IDLE_MS = 5_000;
const LOOK_MS = 500;

const jestPart = createRequire(createRequire(import.meta.url).resolve('jest/package.json'));

/** Ends the test that runs, as its time limit would. */
let giveUp = () => undefined;
const { setTimeout: startTimer } = globalThis;
globalThis.setTimeout = (act, ms, ...args) => {
  if (ms === TEST_MS) giveUp = act;
  return startTimer(act, ms, ...args);
};
export const circus = jestPart('jest-circus');
globalThis.setTimeout = startTimer;
globalThis[Symbol.for('TEST_TIMEOUT_SYMBOL')] = TEST_MS;

export const { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } = circus;
export const { jestExpect: expect } = jestPart('@jest/expect');

/** @param isRunning Whether a test runs. A process that gets no processor is not idle: only one that waits is. */
export function endIdleTests(isRunning) {
  let [last, idleMs] = [performance.eventLoopUtilization(), 0];
  setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { idle, active } = performance.eventLoopUtilization(now, last);
    last = now;
    idleMs = isRunning() && active < idle / 50 ? idleMs + idle : 0;
    if (idleMs < IDLE_MS) return;
    idleMs = 0;
    giveUp();
  }, LOOK_MS).unref();
}
