/** The parity watch: our roots beside the legacy system's for as long as both run. It writes nothing. */

import { createPool } from '../runtime/postgres/pool.ts';
import type { Role } from '../runtime/role.ts';
import { parityConfig } from './config.ts';
import { ParityMetrics } from './io/parity-metrics.ts';
import { ParityWatch } from './io/parity-watch.ts';

export const role: Role<typeof parityConfig.shape> = {
  name: 'parity-watch',
  config: parityConfig,
  opsPort: 9110,
  async start({ config, log, metrics, holds, signal }) {
    const pool = createPool(config, 'ao-parity-watch', log);
    const watch = new ParityWatch({
      pool,
      legacyUrl: config.LEGACY_DATABASE_URL,
      legacySchema: config.LEGACY_SCHEMA,
      since: BigInt(config.PARITY_SINCE_EPOCH),
      intervalMs: config.PARITY_INTERVAL_MS,
      holds,
      log,
      metrics: new ParityMetrics(metrics),
    });
    const running = watch.run(signal);
    return {
      ready: () => ({ compared: watch.hasCompared }),
      async stop() {
        await running;
        await pool.end();
      },
    };
  },
};
