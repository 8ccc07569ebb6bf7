/** The gateway role: GraphQL queries and subscriptions, REST facade. */

import { randomUUID } from 'node:crypto';
import { protocolStateAddress } from '@attention-oracle/sdk';
import { Gauge } from '@prometheus-io/client';
import { createKafka } from '../runtime/kafka/client.ts';
import { connectTopics } from '../runtime/kafka/connect.ts';
import { createPool } from '../runtime/postgres/pool.ts';
import type { Role } from '../runtime/role.ts';
import { waitingFor } from '../runtime/wait-for.ts';
import { gatewayConfig } from './config.ts';
import { StaleCache } from './core/stale-cache.ts';
import { healthProbe } from './io/health.ts';
import { startLiveFeed } from './io/live-feed.ts';
import { startServer } from './io/server.ts';

const HEALTH_INTERVAL_MS = 2000;

export const role: Role<typeof gatewayConfig.shape> = {
  name: 'gateway',
  config: gatewayConfig,
  opsPort: 9107,
  async start({ config, log, metrics, signal, holds }) {
    const kafka = createKafka(config, 'ao-gateway', log);
    const waitFor = waitingFor(log, signal, holds);
    const { topics, codec } = await connectTopics(kafka, config, waitFor);
    const protocolState =
      config.MINT_PUBKEY === undefined
        ? undefined
        : protocolStateAddress(config.MINT_PUBKEY, config.AO_PROGRAM_ID)[0].toString();
    const groupId = `${config.KAFKA_NAMESPACE}ao-gateway-${randomUUID()}`;
    const feed = await waitFor('Kafka', () =>
      startLiveFeed({ kafka, codec, topics, groupId, protocolState, log, holds }),
    );

    const pool = createPool(config, 'ao-gateway', log);
    const health = healthProbe({
      pool,
      isQueueUp: () => feed.isJoined(),
      rpcUrl: config.ANCHOR_PROVIDER_URL?.[0],
      programId: config.AO_PROGRAM_ID,
    });
    await health.check();
    const healthTimer = setInterval(() => void health.check(), HEALTH_INTERVAL_MS);
    const server = await startServer(
      config,
      { pool, cache: new StaleCache(config.GATEWAY_CACHE_ENTRIES), feed, health },
      log,
    );

    new Gauge({
      name: 'ao_gateway_subscribers',
      help: 'Open subscriptions',
      labelNames: ['kind'],
      registers: [metrics],
      collect() {
        this.set({ kind: 'roots' }, feed.roots.subscribers);
        this.set({ kind: 'settlements' }, feed.settlements.subscribers);
        this.set({ kind: 'claims' }, feed.claims.subscribers);
      },
    });
    return {
      describe: { gateway: server.url },
      ready: () => ({ database: health.database, queue: feed.isJoined() }),
      async stop() {
        clearInterval(healthTimer);
        await feed.stop();
        await server.close();
        await pool.end();
      },
    };
  },
};
