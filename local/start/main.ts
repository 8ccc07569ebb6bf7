/** `npm start`: everything on this machine, by one command. */

import { setTimeout as delay } from 'node:timers/promises';
import { Display } from './display.ts';
import { type Goal, summarise } from './goal.ts';
import { exitStatus, Lifetime, sentenceOf } from './lifetime.ts';
import { LocalPlatform } from './local-platform.ts';
import { parseOptions, type StartOptions } from './options.ts';

/** When a person has asked for the end, or the time is over, counting what is left must not keep anybody. */
const LAST_COUNT_MS = 1000;
const FULL_COUNT_MS = 5000;
/** Whatever hangs: the processes that we leave behind then are ended by their watchers. */
const LONGEST_STOP_MS = 9500;

const startedMs = Date.now();
const options = parseOptions(process.argv.slice(2));
const display = new Display(options.json);
const lifetime = new Lifetime();
const goal = goalOf(options);
const platform = new LocalPlatform({ options, goal, display, lifetime, startedMs });

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!lifetime.end({ kind: 'asked', signal })) process.exit(1);
  });
}
if (options.timeout !== undefined) {
  const { timeout } = options;
  setTimeout(() => lifetime.end({ kind: 'timeout', seconds: timeout }), timeout * 1000 - (Date.now() - startedMs));
}

platform.run().then(
  () => lifetime.end({ kind: 'reached' }),
  (error: unknown) => lifetime.end({ kind: 'failed', error }),
);
const ending = await lifetime.ended;
const status = exitStatus(ending, goal !== undefined, platform.startMs !== undefined);
const sentence = sentenceOf(ending, platform.waitingFor);
if (sentence !== undefined) display.line(sentence);
setTimeout(() => process.exit(status), LONGEST_STOP_MS + (ending.kind === 'reached' ? FULL_COUNT_MS : 0)).unref();
await showSummary();
await platform.stop();
process.exit(status);

async function showSummary(): Promise<void> {
  const { counter, roots } = platform;
  const longestMs = ending.kind === 'reached' ? FULL_COUNT_MS : LAST_COUNT_MS;
  await Promise.race([counter?.catchUp(), delay(longestMs)]);
  const served = new Set(roots.map(({ channel, epoch }) => `${channel}/${epoch}`));
  display.summary(
    summarise(roots, {
      events: counter?.events ?? 0,
      claims: counter?.claims ?? 0,
      proofsClaimed: counter?.claimsFrom(served) ?? 0,
      startMs: platform.startMs ?? null,
      durationMs: Date.now() - startedMs,
      reached: ending.kind === 'reached',
      ended: ending.kind,
      reason: sentence ?? null,
    }),
  );
}

function goalOf({ untilRoots, untilSettled }: StartOptions): Goal | undefined {
  if (untilRoots !== undefined) return { kind: 'roots', count: untilRoots };
  return untilSettled === undefined ? undefined : { kind: 'settled', count: untilSettled };
}
