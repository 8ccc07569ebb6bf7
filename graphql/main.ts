/** The gateway role: GraphQL queries and subscriptions, REST facade. */

import { Gauge } from '@prometheus-io/client';
import { createKafka } from '../runtime/kafka/client.ts';
import { topicNames } from '../runtime/kafka/topics.ts';
import { silentLogger } from '../runtime/logging.ts';
import { createPool } from '../runtime/postgres/pool.ts';
import type { Role } from '../runtime/role.ts';
import { gatewayConfig } from './config.ts';
import { Answers } from './io/answers.ts';
import { AdmittedEndpoints } from './io/chain/admitted-endpoints.ts';
import { chainReader } from './io/chain/chain-reader.ts';
import { claimChecker } from './io/chain/claim-checker.ts';
import { healthProbe } from './io/health.ts';
import { observeRequests } from './io/http-metrics.ts';
import { startLiveFeed } from './io/live-feed.ts';
import { PersistedDocuments } from './io/persisted-documents.ts';
import { ProofStore } from './io/proof-store.ts';
import { watchProven } from './io/proven-watch.ts';
import { watchQueue } from './io/queue-watch.ts';
import { roleLags } from './io/role-lags.ts';
import { startServer } from './io/server.ts';
import { ClaimPages } from './io/store/claim-pages.ts';
import { readGenesisHash } from './io/store/read-genesis-hash.ts';
import { Takeover } from './io/takeover.ts';

const HEALTH_INTERVAL_MS = 2000;
/** Of documents that clients have sent with their hash. */
const PERSISTED_BYTES = 4 * 1024 * 1024;

export const role: Role<typeof gatewayConfig.shape> = {
  name: 'gateway',
  config: gatewayConfig,
  opsPort: 9107,
  async start({ config, log, metrics, signal, holds, fail }) {
    const persisted = new PersistedDocuments({
      manifest: config.GATEWAY_TRUSTED_DOCUMENTS,
      trustedOnly: config.GATEWAY_TRUSTED_ONLY,
      capacityBytes: PERSISTED_BYTES,
    });
    // The watch says itself whether Kafka answers.
    const kafka = createKafka(config, 'ao-gateway', silentLogger(), 1);
    const queue = await watchQueue({ kafka, log, signal, holds, fail });
    const pool = createPool(config, 'ao-gateway', log, { queryTimeoutMs: config.GATEWAY_QUERY_TIMEOUT_MS });
    const feed = startLiveFeed({
      pool,
      topics: topicNames(config),
      partitions: config.KAFKA_PARTITIONS,
      intervalMs: config.GATEWAY_FEED_INTERVAL_MS,
      log,
    });
    const health = healthProbe({
      pool,
      isQueueUp: () => queue.isUp,
      rpcUrl: config.ANCHOR_PROVIDER_URL?.[0],
      programId: config.AO_PROGRAM_ID,
    });
    // Half for answers that change, half for proofs, which do not.
    const cacheBytes = Math.floor(config.GATEWAY_CACHE_BYTES / 2);
    const proven = watchProven(pool, config.KAFKA_PARTITIONS);
    const answers = new Answers(pool, log, cacheBytes, () => proven.point);
    const proofs = new ProofStore(cacheBytes);
    const look = async (): Promise<void> => answers.tell((await health.check()).database);
    await look();
    const healthTimer = setInterval(() => void look(), HEALTH_INTERVAL_MS);
    const endpoints =
      config.ANCHOR_PROVIDER_URL === undefined
        ? undefined
        : new AdmittedEndpoints({
            endpoints: config.ANCHOR_PROVIDER_URL, // Without the database there are no rows whose chain it could be.
            genesisHash: () => readGenesisHash(pool).catch(() => null),
          });
    const server = await startServer(
      config,
      {
        pool,
        answers,
        proofs,
        claimPages: new ClaimPages(pool),
        persisted,
        chain: claimChecker({
          endpoints,
          programId: config.AO_PROGRAM_ID,
          mint: config.MINT_PUBKEY,
          pace: () => proven.pace,
        }),
        chainReader: chainReader({ endpoints, programId: config.AO_PROGRAM_ID }),
        roleLags: roleLags({ kafka, topics: Object.values(topicNames(config)), isQueueUp: () => queue.isUp }),
        feed,
        health,
        proven,
        partitions: config.KAFKA_PARTITIONS,
      },
      log,
      observeRequests(metrics),
    );

    const takeover =
      config.GATEWAY_TAKEOVER_PORT === undefined
        ? undefined
        : new Takeover({
            ...{ pool, log, holds, http: server.http },
            ...{ host: config.GATEWAY_HOST, port: config.GATEWAY_TAKEOVER_PORT },
          });
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
    new Gauge({
      name: 'ao_gateway_sockets',
      help: 'Open WebSockets and event streams',
      registers: [metrics],
      collect() {
        this.set(server.sockets.size);
      },
    });
    new Gauge({
      name: 'ao_gateway_waiting_bytes',
      help: 'Bytes that wait for clients on WebSockets and event streams',
      registers: [metrics],
      collect() {
        this.set(server.sockets.waitingBytes);
      },
    });
    new Gauge({
      name: 'ao_gateway_cache_bytes',
      help: 'Memory of remembered answers, of proofs and of documents that clients have sent with their hash',
      labelNames: ['kind'],
      registers: [metrics],
      collect() {
        this.set({ kind: 'answers' }, answers.bytes);
        this.set({ kind: 'proofs' }, proofs.bytes);
        this.set({ kind: 'documents' }, persisted.bytes);
      },
    });
    return {
      describe: { gateway: server.url },
      ready: () => ({ database: health.database }),
      async stop() {
        clearInterval(healthTimer);
        await takeover?.stop();
        await server.close();
        await Promise.all([feed.stop(), proven.stop(), queue.stop()]);
        await pool.end();
      },
    };
  },
};
