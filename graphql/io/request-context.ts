/** The context of one request: batched loads, and reads that fall back on remembered answers. */

import DataLoader from 'dataloader';
import { GraphQLError } from 'graphql';
import type { Logger } from '../../runtime/logging.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import type { GatewayContext, GatewayServices } from './context.ts';
import { rootsById } from './store/roots.ts';
import { stepsOfRoots } from './store/settlements.ts';

export function requestContext(services: GatewayServices, log: Logger): GatewayContext {
  const staleness = { stale: false };
  const read = async <T>(key: string, ask: (pool: Pool) => Promise<T>): Promise<T> => {
    try {
      const { answer, stale } = await services.cache.ask(key, () => ask(services.pool));
      if (stale) staleness.stale = true;
      return answer;
    } catch (error) {
      if (error instanceof GraphQLError) throw error;
      log.error({ err: error }, 'the database does not answer');
      throw new GraphQLError('The database does not answer and this was not asked before; try again later.', {
        extensions: { code: 'SERVICE_UNAVAILABLE', http: { status: 503 } },
      });
    }
  };
  return {
    ...services,
    staleness,
    read,
    steps: new DataLoader(async (ids) => {
      const steps = await read(`steps/${[...ids].sort((a, b) => a - b).join(',')}`, (pool) => stepsOfRoots(pool, ids));
      return ids.map((id) => steps.get(id) ?? []);
    }),
    roots: new DataLoader(async (ids) => {
      const roots = await read(`roots-by-id/${[...ids].sort((a, b) => a - b).join(',')}`, (pool) =>
        rootsById(pool, ids),
      );
      return ids.map((id) => roots.find((root) => root.rowId === id));
    }),
  };
}
