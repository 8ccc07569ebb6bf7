import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '../../../runtime/logging.ts';
import { migrate } from '../../../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../../../runtime/postgres/pool.ts';
import { testStack, uniqueName } from '../../../tests/testing/stack.ts';
import type { PromisedRoot } from '../core/policy/evidence.ts';
import { PostgresPromises } from './promise-book.ts';

const rootOf = (channel: string, epoch = 7n, amount = 60n): PromisedRoot => {
  return { channel, epoch, amount, root: Buffer.from(channel).toString('hex').padEnd(64, '0').slice(0, 64) };
};
const sumOf = (promises: readonly PromisedRoot[]): bigint => promises.reduce((sum, { amount }) => sum + amount, 0n);

describe('what the workers of a deployment promise', () => {
  const schema = uniqueName('promises');
  let pool: Pool;
  let workers: PostgresPromises[];

  beforeAll(async () => {
    const settings = { DATABASE_URL: testStack().databaseUrl, DATABASE_SCHEMA: schema, DATABASE_POOL_SIZE: 8 };
    pool = createPool(settings, 'promises-test', silentLogger());
    await migrate(pool, schema, silentLogger());
    workers = ['a', 'b', 'c', 'd'].map((name) => new PostgresPromises(pool, name));
  });
  beforeEach(() => pool.query('truncate settlement_promises, settlement_log'));
  afterAll(async () => {
    await pool.query(`drop schema ${schema} cascade`);
    await pool.end();
  });

  /** With money for 100 units. */
  const promise = (worker: number, mine: PromisedRoot, isShown: (one: PromisedRoot) => boolean = () => false) =>
    (workers[worker] as PostgresPromises).promise(mine, {
      isShown,
      fits: (others) => sumOf(others) + mine.amount <= 100n,
    });
  const standing = async (): Promise<string[]> => {
    const { rows } = await pool.query<{ name: string }>(
      "select channel || '/' || epoch as name from settlement_promises order by 1",
    );
    return rows.map(({ name }) => name);
  };

  it('is never more than the treasury has, though they all look at once', async () => {
    const answers = await Promise.all(workers.map((_, n) => promise(n, rootOf(`channel-${n}`))));
    expect(await standing()).toHaveLength(1);
    // Whoever came first saw nobody's promise, each other one that one.
    expect(answers.map((others) => others.length).sort()).toEqual([0, 1, 1, 1]);
  });

  it('counts a root once, whoever promises it again, and not where it no longer fits', async () => {
    await promise(0, rootOf('lacy'));
    expect(await promise(1, rootOf('lacy'))).toEqual([]);
    expect(await standing()).toEqual(['lacy/7']);
    await promise(1, rootOf('lacy', 7n, 101n));
    expect(await standing()).toEqual([]);
  });

  it('is free again once the root is held, with those behind it of its channel', async () => {
    for (const epoch of [6n, 7n, 8n]) await promise(0, rootOf('lacy', epoch, 10n));
    await promise(0, rootOf('marlon', 8n, 10n));
    await (workers[1] as PostgresPromises).withdraw(rootOf('lacy'));
    expect(await standing()).toEqual(['lacy/6', 'marlon/8']);
  });

  it('stays while somebody may not see it in its ring yet, and goes then', async () => {
    await promise(0, rootOf('lacy'));
    const look = () => promise(1, rootOf('marlon', 7n, 1n), ({ channel }) => channel === 'lacy');
    expect((await look()).map(({ channel }) => channel)).toEqual(['lacy']);
    expect((await look()).map(({ channel }) => channel)).toEqual(['lacy']);
    await pool.query("update settlement_promises set shown_at = shown_at - interval '11 minutes'");
    expect(await look()).toEqual([]);
  });

  it.each([
    ['in conflict', 'CONFLICT', 'conflict', 0, false],
    ['final for an hour', 'FINALIZED', 'confirmed', 61, false],
    ['final for less', 'FINALIZED', 'confirmed', 50, true],
    ['under way', 'PENDING', 'pending_confirmation', 61, true],
  ])('of a root that is %s by the ledger', async (_what, ledgerStatus, status, minutesAgo, stands) => {
    const mine = rootOf('lacy');
    await promise(0, mine);
    await pool.query(
      `insert into settlement_log (status, ledger_status, channel, epoch, root, attempt, recorded_at, worker, ledger_partition, ledger_offset)
       values ($1, $2, 'lacy', 7, $3, 1, now() at time zone 'utc' - $4 * interval '1 minute', 'a', 0, 1)`,
      [status, ledgerStatus, mine.root, minutesAgo],
    );
    const others = await promise(1, rootOf('marlon', 7n, 1n));
    expect(others.some(({ channel }) => channel === 'lacy')).toBe(stands);
  });
});
