/** The contestants of the comparison, and the process whose memory is measured. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { listenerConfig } from '../../producers/listener/config.ts';
import { backfill } from '../../producers/listener/main.ts';
import { loadConfig } from '../../runtime/config.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { answerParent } from '../measure/child-process.ts';
import { type FetchLoop, fetchAll } from './fetch-loop.ts';

interface BackfillQuestion {
  readonly env: Record<string, string>;
  readonly toSlot: number;
  /** Transactions after which the memory is read for the first time. */
  readonly settledAfter: number;
}

/** Highest resident set so far, bytes. */
const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;

answerParent({
  fetch: async (loop: FetchLoop) => {
    const startMs = performance.now();
    const transactions = await fetchAll(loop);
    return { transactions, ms: performance.now() - startMs };
  },
  backfill: async ({ env, toSlot, settledAfter }: BackfillQuestion) => {
    const startMs = performance.now();
    let transactions = 0;
    let early: { peak: number; now: number } | undefined;
    const result = await backfill({
      config: loadConfig(listenerConfig, env),
      fromSlot: 0,
      toSlot,
      log: silentLogger(),
      signal: new AbortController().signal,
      onProgress: (progress) => {
        transactions = progress.transactions;
        if (transactions >= settledAfter) early ??= { peak: peakBytes(), now: process.memoryUsage.rss() };
      },
    });
    const ms = performance.now() - startMs;
    await nextTurn();
    const late = { peak: peakBytes(), now: process.memoryUsage.rss() };
    return { transactions, ms, eventsWritten: result.eventsWritten, early: early ?? late, late };
  },
});
