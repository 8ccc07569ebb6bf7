/**
 * `npm run fuzz -- [--requests N] [--seed S] [--schemathesis N] [--json]`: a gateway over a few roots is sent requests made of its GraphQL schema and
 * its OpenAPI document, right ones and wrong ones. Status 0 only where nothing was answered with 500, no fault of the gateway was told, it never
 * ended, and its memory did not grow. With `--schemathesis N` that tool, where it is installed, asks too: N examples of each operation.
 */

import { spawn, spawnSync } from 'node:child_process';
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
import { fuzz } from './fuzz.ts';
import { PARTITIONS, seedKnownValues } from './seeded-roots.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '50000' },
    seed: { type: 'string', default: '1' },
    schemathesis: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const numbers = [values.requests, values.seed, values.schemathesis].map(Number);
const [requests = 0, seed = 0, examples = 0] = numbers;
if (values.help || !numbers.every((number) => Number.isSafeInteger(number) && number >= 0) || requests === 0) {
  process.stderr.write(
    'usage: npm run fuzz -- [--requests N] [--seed S] [--schemathesis N] [--json], each a whole number\n' +
      'example: npm run fuzz -- --requests 5000 --schemathesis 50\n',
  );
  process.exit(values.help ? 0 : 2);
}
const SCHEMA = 'fuzz';
/** By how much memory may be more at the end than after a third of the requests: what collectors leave lying about. */
const GROWTH = { factor: 1.25, bytes: 48 * 1024 * 1024 };

const dataDir = join(import.meta.dirname, '../../.data', `fuzz-${process.pid}`);
mkdirSync(dataDir, { recursive: true });
const log = (line: string): void => void process.stderr.write(`${line}\n`);
const stack = await startStack({ dataDir, fresh: true, durable: false, preferKnownPorts: false, log });
const variables = {
  KAFKA_BROKERS: stack.kafkaBrokers.join(','),
  SCHEMA_REGISTRY_URL: stack.registryUrl,
  DATABASE_URL: stack.databaseUrl,
  DATABASE_SCHEMA: SCHEMA,
  METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
  GATEWAY_PORT: '0',
  KAFKA_PARTITIONS: String(PARTITIONS),
};
const settings = loadConfig(z.object({ ...kafkaConfig, ...postgresConfig }), variables);
const pool = createPool(settings, SCHEMA, silentLogger());

try {
  await migrate(pool, SCHEMA, silentLogger());
  await ensureTopics(createKafka(settings, SCHEMA, silentLogger()), settings);
  const known = await seedKnownValues(pool);
  const gateway = new RoleProcess('gateway', 'gateway', variables, join(dataDir, 'gateway'));
  let ended: string | undefined;
  void gateway.exited.then((how) => {
    ended = how;
  });
  const url = await gateway.startedField('gateway');
  const opsUrl = await gateway.startedField('ops');
  await gateway.untilReady();
  const memory = async (): Promise<number> => {
    const text = await (await fetch(`${opsUrl}/metrics`)).text();
    return Number(/^process_resident_memory_bytes(?:\{[^}]*\})? (\S+)/m.exec(text)?.[1] ?? Number.NaN);
  };
  try {
    let early = Number.NaN;
    const onProgress = async (done: number): Promise<void> => {
      if (Number.isNaN(early) && done >= requests / 3) early = await memory();
    };
    const found = await fuzz({ url, known, seed, requests, onProgress });
    const bytes = { afterAThird: early, atTheEnd: await memory() };
    const hasGrown = bytes.atTheEnd > bytes.afterAThird * GROWTH.factor + GROWTH.bytes;
    const bySchemathesis = examples === 0 ? undefined : await schemathesis(url);
    const result = { ...found, residentBytes: bytes, hasGrown, ended: ended ?? null, schemathesis: bySchemathesis };
    process.stdout.write(`${JSON.stringify(result, undefined, values.json ? 0 : 2)}\n`);
    const isRight = found.wrong.length === 0 && !hasGrown && ended === undefined && bySchemathesis !== 'failed';
    process.exitCode = isRight ? 0 : 1;
  } finally {
    await gateway.stop();
  }
} finally {
  await pool.end();
  await stack.stop();
  await removeStackData(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
}

/** Over REST and GraphQL; a failure is whatever is answered with 500 or more. */
async function schemathesis(url: string): Promise<'passed' | 'failed' | 'not installed'> {
  const program = process.env['SCHEMATHESIS'] ?? 'schemathesis';
  if (spawnSync(program, ['--version']).status !== 0) {
    log(`${program} is not installed (pip install schemathesis, or name it in SCHEMATHESIS): left out`);
    return 'not installed';
  }
  const env = { ...process.env, SCHEMATHESIS_HOOKS: 'schemathesis_hooks', PYTHONPATH: import.meta.dirname };
  for (const contract of [`${url}/docs/json`, `${url}/graphql`]) {
    const args = [
      'run',
      contract,
      '--checks',
      'not_a_server_error',
      '--max-examples',
      String(examples),
      '--seed',
      String(seed),
    ];
    const child = spawn(program, args, { stdio: ['ignore', 2, 2], cwd: dataDir, env });
    const status = await new Promise((resolve) => child.once('exit', resolve));
    if (status !== 0) return 'failed';
  }
  return 'passed';
}
