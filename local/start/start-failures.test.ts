/** What `npm start` does when something is missing, wrong, dead or slow: it says so, and it ends when it is asked to. */

import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { processIdentity } from '../../bootstrap/process-identity.mjs';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { until } from '../../tests/testing/until.ts';
import { pidFileName } from '../stack/process.ts';
import { removeStackData } from '../stack/stack-data.ts';
import { StartProcess } from './testing/start-process.ts';

/** Nobody listens there, and fetch does not refuse the port. */
const NOWHERE = '127.0.0.1:2';

let dir: string;
let start: StartProcess | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'start-'));
});

afterEach(async () => {
  await start?.kill();
  start = undefined;
  await removeStackData(join(dir, 'data'));
  rmSync(dir, { recursive: true, force: true });
});

/** Parts of the test run, topics and tables of this test. */
function parts(): { args: string[]; env: Record<string, string> } {
  const stack = testStack();
  const name = uniqueName('start');
  return {
    args: [
      ...['--brokers', stack.kafkaBrokers.join(',')],
      ...['--registry', stack.registryUrl],
      ...['--database-url', stack.databaseUrl],
    ],
    env: { KAFKA_NAMESPACE: `${name}.`, DATABASE_SCHEMA: name },
  };
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): StartProcess {
  start = new StartProcess(['--data', join(dir, 'data'), '--json', ...args], env, dir);
  return start;
}

describe('npm start with a time limit', () => {
  it('ends with status 1 and the summary when a part is not there', async () => {
    const { args } = parts();
    const started = run([...args, '--brokers', NOWHERE, '--until-roots', '1', '--timeout', '8']);
    expect(await started.ended).toBe(1);
    expect(started.text).toMatch(/waiting for Kafka at 127\.0\.0\.1:2: .*ECONNREFUSED/);
    expect(started.summary).toMatchObject({
      reached: false,
      ended: 'timeout',
      reason: expect.stringContaining('not reached within 8 s, waiting for Kafka at 127.0.0.1:2'),
      roots: 0,
      startMs: null,
    });
  });

  it('ends with status 1 and the summary when a role is not ready, and says which and why', async () => {
    const { args, env } = parts();
    const started = run([...args, '--rpc', `http://${NOWHERE}`, '--timeout', '1000000'], env);
    await started.untilSays(/waiting for .*listen \(.*127\.0\.0\.1:2: ECONNREFUSED/);
    await started.kill();
    const limited = run([...args, '--rpc', `http://${NOWHERE}`, '--timeout', '12'], env);
    expect(await limited.ended).toBe(1);
    expect(limited.summary).toMatchObject({ reached: false, ended: 'timeout' });
  });
});

describe('npm start with parts of others', () => {
  it.each([
    ['Kafka', '--brokers', NOWHERE],
    ['the schema registry', '--registry', `http://${NOWHERE}`],
    ['PostgreSQL', '--database-url', `postgresql://someone:hunter2@${NOWHERE}/ao`],
  ])('says that it waits for %s that does not answer, and stops when it is asked to', async (name, option, value) => {
    const { args } = parts();
    const started = run([...args, option, value]);
    await started.untilSays(new RegExp(`waiting for ${name} at ${NOWHERE}: .*ECONNREFUSED`));
    started.signal('SIGINT');
    expect(await started.ended).toBe(0);
    expect(started.summary).toMatchObject({ ended: 'asked', reason: 'SIGINT: stopping' });
    expect(started.text).not.toContain('hunter2');
  });

  it('ends at once when the database refuses the user, and says what to change', async () => {
    const { args } = parts();
    const url = new URL(testStack().databaseUrl);
    url.password = 'wrong';
    const started = run([...args, '--database-url', url.toString()]);
    expect(await started.ended).toBe(1);
    expect(started.summary).toMatchObject({
      ended: 'failed',
      reason: expect.stringMatching(/refuses us: .*--database-url or DATABASE_URL/),
    });
  });
});

describe('npm start --fresh with the database of a former Kafka', () => {
  it('says that the sink holds and why, and takes none of the roots that it finds there for its own', async () => {
    const { args, env } = parts();
    const schema = env['DATABASE_SCHEMA'] ?? '';
    const options = `-c search_path=${schema}`;
    const pool = new pg.Pool({ connectionString: testStack().databaseUrl, options, max: 1 });
    try {
      await migrate(pool, schema, silentLogger());
      const topic = `${env['KAFKA_NAMESPACE'] ?? ''}ao.roots.v1`;
      await pool.query(
        `insert into roots (epoch, channel, root, count, finalized_at, recipe, odd_node, start_slot, end_slot, finalized_slot,
           source_partition, source_offset, record_partition, record_offset, tree_state)
         values (10, 'lacy', repeat('ab', 32), 3, now(), 'claim-v0', 'duplicate', 0, 9, 12, 0, 5, 0, 0, 'built')`,
      );
      await pool.query('insert into sink_offsets values ($1, 0, 1, 1, now(), $2)', [topic, randomUUID()]);
      const started = run([...args, '--fresh', '--until-roots', '1'], env);
      await started.untilSays(/waiting for .*sink \(.*Kafka or the topic was made anew\. .*DATABASE_SCHEMA/);
      expect(started.text).toMatch(/--fresh forgets what is in this data folder/);
      started.signal('SIGINT');
      await started.ended;
      expect(started.summary).toMatchObject({ reached: false });
    } finally {
      await pool.query(`drop schema if exists ${schema} cascade`);
      await pool.end();
    }
  });
});

describe('npm start that cannot work', () => {
  it.each([
    [
      ['--rpc', 'http://127.0.0.1:1', '--traffic'],
      {},
      /--traffic .* needs TRAFFIC_ADMIN_KEYPAIR \(or --admin-keypair\)/,
    ],
    [['--rpc', 'http://127.0.0.1:1', '--until-settled', '1'], {}, /never be reached: MINT_PUBKEY and SETTLEMENT_KEY/],
    [['--until-settled', '1'], { AUTO_PUBLISH: 'false' }, /never be reached: AUTO_PUBLISH is false/],
    [['--ws', 'ws://127.0.0.1:1'], {}, /give --rpc too/],
  ])('says so before it starts anything: %j %j', async (args, env, reason) => {
    const started = run(args, env);
    expect(await started.ended).toBe(1);
    expect(started.summary['reason']).toMatch(reason);
    expect(readdirSync(dir)).toEqual([]);
  });

  it.each([
    ['by its configuration', { SINK_BATCH_BYTES: 'many' }, /sink cannot run \(status 2\): Wrong.*\n.*SINK_BATCH_BYTES/],
    ['for one reason again and again', { NDJSON_LOG_DIR: '/dev/null/log' }, /listen cannot run .*\/dev\/null\/log/],
  ])('ends with status 1 and the sentence of the role that cannot run %s', async (_how, env, sentence) => {
    const { args, env: own } = parts();
    const started = run(args, { ...own, ...env });
    expect(await started.ended).toBe(1);
    expect(started.text).toMatch(sentence);
    expect(started.summary).toMatchObject({ ended: 'failed', reason: expect.stringMatching(sentence) });
  });
});

describe('npm start whose broker dies', () => {
  it('says so, starts it again, and stops even when it hangs, leaving nothing behind', async () => {
    const started = run([]);
    await started.untilSays(/everything is ready/);
    const broker = (): number => {
      const text = readFileSync(join(dir, 'data', 'kafka', pidFileName), 'utf8');
      return (JSON.parse(text) as { pid: number }).pid;
    };
    process.kill(broker(), 'SIGKILL');
    await started.untilSays(/Kafka ended with signal SIGKILL; starting it again in/);
    await started.untilSays(/Kafka is back/);

    const hanging = broker();
    process.kill(hanging, 'SIGSTOP');
    // So that what asks the broker is mostly waiting for it when the end comes.
    await delay(1000);
    started.signal('SIGINT');
    await started.untilSays(/SIGINT: stopping/);
    expect(await started.ended).toBe(0);
    // It takes no signal but the last one, which comes by a limit alone.
    await until('the broker is gone', () => processIdentity(hanging) === undefined);
  });
});
