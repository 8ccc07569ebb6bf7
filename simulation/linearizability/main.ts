/**
 * `npm run linearizability -- [--operations N] [--rounds N] [--seed S] [--json]`: settlements are stored while clients read and follow them, gateway
 * and database are killed (kill -9) in turn, and what the clients saw is judged. Status 0 only where all of it can have happened, one after
 * the other; each answer between its call and its return, each subscription told everything, once and in order.
 */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startStack } from '../../local/stack/stack.ts';
import { removeStackData } from '../../local/stack/stack-data.ts';
import { kafkaConfig, loadConfig, postgresConfig } from '../../runtime/config.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { ensureTopics } from '../../runtime/kafka/topics.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { createPool } from '../../runtime/postgres/pool.ts';
import { RoleProcess } from '../../tests/testing/role-process.ts';
import { until } from '../../tests/testing/until.ts';
import { recordAndJudge } from './record.ts';

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const numbers = [values.operations, values.rounds, values.seed].map(Number);
if (values.help || !numbers.every((number) => Number.isSafeInteger(number) && number > 0)) {
  process.stderr.write(
    'usage: npm run linearizability -- [--operations N] [--rounds N] [--seed S] [--json], each N and S a whole number from 1 on\n' +
      'example: npm run linearizability -- --operations 5000 --rounds 2\n',
  );
  process.exit(values.help ? 0 : 2);
}
const [operations = 0, rounds = 0, seed = 0] = numbers;
const SCHEMA = 'linearizability';
const PARTITIONS = 3;

const dataDir = join(import.meta.dirname, '../../.data', `linearizability-${process.pid}`);
mkdirSync(dataDir, { recursive: true });
const log = (line: string): void => void process.stderr.write(`${line}\n`);
const stack = await startStack({ dataDir, fresh: true, durable: false, preferKnownPorts: false, log });
const variables = {
  KAFKA_BROKERS: stack.kafkaBrokers.join(','),
  SCHEMA_REGISTRY_URL: stack.registryUrl,
  DATABASE_URL: stack.databaseUrl,
  DATABASE_SCHEMA: SCHEMA,
  KAFKA_PARTITIONS: String(PARTITIONS),
  METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
};
const settings = loadConfig(z.object({ ...kafkaConfig, ...postgresConfig }), variables);
const pool = createPool(settings, SCHEMA, silentLogger());
let starts = 0;
async function startGateway(port: string): Promise<{ readonly gateway: RoleProcess; readonly url: string }> {
  starts += 1;
  const env = { ...variables, GATEWAY_PORT: port };
  const gateway = new RoleProcess('gateway', 'gateway', env, join(dataDir, `gateway-${starts}`));
  const url = await gateway.startedField('gateway');
  await gateway.untilReady();
  return { gateway, url };
}

try {
  await migrate(pool, SCHEMA, silentLogger());
  const topics = await ensureTopics(createKafka(settings, SCHEMA, silentLogger()), settings);
  let running = await startGateway('0');
  const { url } = running;
  try {
    const judged = await recordAndJudge({
      pool,
      topic: topics.settlements,
      partitions: PARTITIONS,
      url: () => url,
      operations,
      rounds,
      seed,
      faults: [
        async () => {
          log('the gateway is killed');
          await running.gateway.kill();
          running = await startGateway(new URL(url).port);
        },
        async () => {
          const { postgres: pid } = stack.pids;
          if (pid === undefined) throw new Error('PostgreSQL is not ours to be killed: leave DATABASE_URL out');
          log('the database is killed');
          process.kill(pid, 'SIGKILL');
          await until('the database is there again', async () => (await pool.query('select 1')).rowCount === 1);
        },
      ],
    });
    process.stdout.write(`${JSON.stringify(judged, undefined, values.json ? 0 : 2)}\n`);
    process.exitCode = judged.violations.length === 0 ? 0 : 1;
  } finally {
    await running.gateway.stop();
  }
} finally {
  await pool.end();
  await stack.stop();
  await removeStackData(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
}
