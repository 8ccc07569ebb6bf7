/** Behind a real PgBouncer in transaction pooling every transaction gets another session: what uses PostgreSQL must keep nothing in one. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openReplication } from '../cli/backup/replication.ts';
import { alone } from '../cli/cutover/state.ts';
import { silentLogger } from '../runtime/logging.ts';
import { migrate } from '../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../runtime/postgres/pool.ts';
import { PostgresPromises } from '../sinks/settlement/io/promise-book.ts';
import { PgBouncer, pgBouncerOrReason } from './testing/pgbouncer.ts';
import { testStack, uniqueName } from './testing/stack.ts';

const folder = await pgBouncerOrReason();
const behindPgBouncer = folder === undefined ? describe.skip : describe;

let bouncer: PgBouncer;
const pools: Pool[] = [];

function open(schema: string, pooler: 'none' | 'transaction' = 'transaction'): Pool {
  const settings = {
    DATABASE_URL: bouncer.url,
    DATABASE_SCHEMA: schema,
    DATABASE_POOL_SIZE: 4,
    DATABASE_POOLER: pooler,
  };
  const pool = createPool(settings, 'pgbouncer-test', silentLogger());
  pools.push(pool);
  return pool;
}

beforeAll(async () => {
  if (folder !== undefined) bouncer = await PgBouncer.start(folder, testStack().databaseUrl);
});

afterAll(async () => {
  for (const pool of pools) await pool.end();
  await bouncer?.stop();
});

behindPgBouncer('a step of the cut-over', () => {
  it('shuts others out while it lasts, and nobody once it has ended, though sessions go from hand to hand', async () => {
    const schema = uniqueName('bounced');
    const [first, second] = [open(schema), open(schema)];
    const held = await alone(first, schema, async () => {
      await expect(alone(second, schema, async () => 'entered')).rejects.toMatchObject({ code: 'CUTOVER_HELD' });
      return 'done';
    });
    expect(held).toBe('done');
    expect(await alone(second, schema, async () => 'entered')).toBe('entered');
    await expect(alone(first, schema, () => Promise.reject(new Error('the step failed')))).rejects.toThrow('the step');
    expect(await alone(second, schema, async () => 'entered')).toBe('entered');
  });
});

behindPgBouncer('the promises of settlement workers', () => {
  it('never come to more than the treasury has, though they are made at once by sessions that change hands', async () => {
    const schema = uniqueName('bounced');
    const pool = open(schema);
    try {
      await migrate(pool, schema, silentLogger());
      const books = ['a', 'b', 'c'].map((worker) => new PostgresPromises(pool, worker));
      const terms = { isShown: () => false, fits: (others: readonly unknown[]) => others.length === 0 };
      const root = '0'.repeat(64);
      const promised = books.map((book, n) => book.promise({ channel: `c${n}`, epoch: 7n, amount: 60n, root }, terms));
      await Promise.all(promised);
      const { rows } = await pool.query<{ channel: string }>('select channel from settlement_promises');
      expect(rows).toHaveLength(1);
    } finally {
      await pool.query(`drop schema if exists ${schema} cascade`);
    }
  });
});

behindPgBouncer('what needs the server itself', () => {
  it('is refused with the setting: a role that was not told of the pooler', async () => {
    await expect(open(uniqueName('bounced'), 'none').query('select 1')).rejects.toMatchObject({
      code: 'DATABASE_SESSION_WRONG',
      message: expect.stringContaining('DATABASE_POOLER=transaction') as unknown,
    });
  });

  it('is refused with what to do: a backup, which is read by the replication protocol', async () => {
    await expect(openReplication(bouncer.url)).rejects.toMatchObject({
      code: 'BACKUP_FAILED',
      message: expect.stringContaining('DATABASE_URL') as unknown,
    });
  });
});
