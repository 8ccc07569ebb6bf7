/** What resolvers work with. */

import type DataLoader from 'dataloader';
import type { Pool } from '../../runtime/postgres/pool.ts';
import type { StaleCache } from '../core/stale-cache.ts';
import type { RootView, SettlementStepView } from '../core/views.ts';
import type { HealthProbe } from './health.ts';
import type { LiveFeed } from './live-feed.ts';

/** Lives as long as the server. */
export interface GatewayServices {
  readonly pool: Pool;
  readonly cache: StaleCache;
  readonly feed: LiveFeed;
  readonly health: HealthProbe;
}

/** Lives as long as one request. */
export interface GatewayContext extends GatewayServices {
  readonly steps: DataLoader<number, SettlementStepView[]>;
  readonly roots: DataLoader<number, RootView | undefined>;
  /** Asks the database, or the cache when it is down; a stale answer marks the response. */
  read<T>(key: string, ask: (pool: Pool) => Promise<T>): Promise<T>;
  readonly staleness: { stale: boolean };
}
