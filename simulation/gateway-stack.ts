/** A database and topics of its own for a command that tries gateways out, and gateways as processes over them. */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Stack, startStack } from '../local/stack/stack.ts';
import { removeStackData } from '../local/stack/stack-data.ts';
import { kafkaConfig, loadConfig, postgresConfig } from '../runtime/config.ts';
import { createKafka } from '../runtime/kafka/client.ts';
import { ensureTopics, type TopicNames } from '../runtime/kafka/topics.ts';
import { silentLogger } from '../runtime/logging.ts';
import { migrate } from '../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../runtime/postgres/pool.ts';
import { RoleProcess } from '../tests/testing/role-process.ts';

export interface StartedGateway {
  readonly gateway: RoleProcess;
  readonly url: string;
  /** Of its metrics and readiness. */
  readonly opsUrl: string;
}

export interface GatewayStack {
  readonly pool: Pool;
  readonly topics: TopicNames;
  /** Process ids, at present, of what was started here. */
  readonly pids: Stack['pids'];
  /** Folder of the run; removed with it. */
  readonly dataDir: string;
  log(line: string): void;
  /**
   * Resolves when it is ready.
   * @param port 0: a free one.
   */
  startGateway(port: string, variables?: Readonly<Record<string, string>>): Promise<StartedGateway>;
}

/**
 * Starts it, does the work and takes all of it away again, but for gateways.
 * @param name Of the schema.
 * @param partitions Of each topic.
 */
export async function withGatewayStack(
  name: string,
  partitions: number,
  work: (stack: GatewayStack) => Promise<void>,
): Promise<void> {
  const dataDir = join(import.meta.dirname, '../.data', `${name}-${process.pid}`);
  mkdirSync(dataDir, { recursive: true });
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const stack = await startStack({ dataDir, fresh: true, durable: false, preferKnownPorts: false, log });
  const variables = {
    KAFKA_BROKERS: stack.kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    DATABASE_URL: stack.databaseUrl,
    DATABASE_SCHEMA: name,
    KAFKA_PARTITIONS: String(partitions),
    METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
  };
  const settings = loadConfig(z.object({ ...kafkaConfig, ...postgresConfig }), variables);
  const pool = createPool(settings, name, silentLogger());
  let starts = 0;
  try {
    await migrate(pool, name, silentLogger());
    const topics = await ensureTopics(createKafka(settings, name, silentLogger()), settings);
    await work({
      pool,
      topics,
      get pids() {
        return stack.pids;
      },
      dataDir,
      log,
      async startGateway(port, more = {}) {
        starts += 1;
        const env = { ...variables, ...more, GATEWAY_PORT: port };
        const gateway = new RoleProcess('gateway', 'gateway', env, join(dataDir, `gateway-${starts}`));
        const [url, opsUrl] = [await gateway.startedField('gateway'), await gateway.startedField('ops')];
        await gateway.untilReady();
        return { gateway, url, opsUrl };
      },
    });
  } finally {
    await pool.end();
    await stack.stop();
    await removeStackData(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
}
