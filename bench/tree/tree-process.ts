/** Builds a tree as the sink does, in a process of its own, and watches what that does to the process. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { z } from 'zod';
import { loadConfig, postgresConfig } from '../../runtime/config.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { createPool } from '../../runtime/postgres/pool.ts';
import { buildNextTree } from '../../sinks/postgres/io/build-tree.ts';
import { answerParent } from '../measure/child-process.ts';

const LOOK_MS = 20;

answerParent({
  build: async ({ env, topic }: { env: Record<string, string>; topic: string }) => {
    const pool = createPool(loadConfig(z.object(postgresConfig), env), 'bench', silentLogger());
    await pool.query('select 1');
    const rssBefore = process.memoryUsage.rss();
    let rss = rssBefore;
    const looking = setInterval(() => (rss = Math.max(rss, process.memoryUsage.rss())), LOOK_MS);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const startMs = performance.now();
    const outcome = await buildNextTree(pool, topic, silentLogger(), new AbortController().signal);
    const seconds = (performance.now() - startMs) / 1000;
    delay.disable();
    clearInterval(looking);
    await pool.end();
    return {
      outcome,
      seconds,
      loopDelayMaxMs: delay.max / 1e6,
      rssMb: rss / 2 ** 20,
      rssGrowthMb: (rss - rssBefore) / 2 ** 20,
    };
  },
});
