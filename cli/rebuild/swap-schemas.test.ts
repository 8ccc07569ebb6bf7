import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { type Client, createPool, type Pool } from '../../runtime/postgres/pool.ts';
import { createTestDatabase, type TestDatabase } from '../../sinks/postgres/testing/database.ts';
import { testStack } from '../../tests/testing/stack.ts';
import { keptName, readNote, type SchemaNote } from './note.ts';
import { CARRIED, type LivingTopics, swapSchemas, takeBack } from './swap-schemas.ts';

const ROOT = 'ab'.repeat(32);
const TOPIC_ID = '11111111-1111-4111-8111-111111111111';

let database: TestDatabase;
let side: Pool;
let note: SchemaNote;

/** Channel, amount of its claim, place of its root, positions, and what is carried: of the schema that goes by the living name. */
async function living(): Promise<unknown> {
  const rows = async (sql: string): Promise<unknown[]> => (await database.pool.query(sql)).rows as unknown[];
  return {
    claims: await rows('select channel, amount from claims'),
    roots: await rows('select channel, record_partition as partition, record_offset as at from roots'),
    positions: await rows(
      'select topic, partition, next_offset as next, topic_id as id from sink_offsets order by topic',
    ),
    promises: await rows('select channel from settlement_promises'),
  };
}

async function fill(pool: Pool, prefix: string, amount: number): Promise<void> {
  await pool.query(
    `insert into claims (event_id, channel, user_pubkey, slot, claim_timestamp, signature, epoch, amount, claim_id, commitment, proven,
       proven_offset, vouchers, stream_partition, stream_offset)
     values ('s/0', 'ada', 'u', 5, now(), 's', 1, $1, 'id', 'finalized', true, 3, '{}', 0, 3)`,
    [amount],
  );
  await pool.query(
    `insert into roots (epoch, channel, root, count, finalized_at, recipe, odd_node, start_slot, end_slot, finalized_slot,
       source_partition, source_offset, record_partition, record_offset, tree_state)
     values (1, 'ada', $1, 1, now(), 'claim-v0', 'duplicate', 0, 9, 20, 0, 4, 0, 77, 'built')`,
    [ROOT],
  );
  for (const topic of ['events', 'roots', 'settlements'])
    await pool.query('insert into sink_offsets (topic, partition, next_offset, highest_offset) values ($1, 0, 9, 9)', [
      prefix + topic,
    ]);
}

const copied = (name: string) => ({ side: `side.${name}`, living: name, id: TOPIC_ID, ends: new Map([[0, 8]]) });
const topics: LivingTopics = {
  copied: [copied('events'), copied('settlements')],
  roots: { side: 'side.roots', living: 'roots' },
  places: [{ channel: 'ada', epoch: 1n, root: ROOT, partition: 0, offset: 12 }],
};

beforeEach(async () => {
  database = await createTestDatabase('swap');
  const { pool, schema } = database;
  const name = `${schema}_side`;
  note = { rebuild: name, living: schema, state: 'beside', namespace: '', form: 'tables', copied: {} };
  side = createPool(
    { DATABASE_URL: testStack().databaseUrl, DATABASE_SCHEMA: name, DATABASE_POOL_SIZE: 2 },
    'test',
    silentLogger(),
  );
  await migrate(side, name, silentLogger());
  await fill(pool, '', 6);
  await fill(side, 'side.', 5);
  await pool.query(
    `insert into settlement_promises (channel, epoch, root, amount, worker) values ('ada', 1, 'r', 1, 'w')`,
  );
});

afterEach(async () => {
  for (const schema of [note.rebuild, keptName(note.living)])
    await side.query(`drop schema if exists ${schema} cascade`);
  await side.end();
  await database.drop();
});

const BEFORE = {
  claims: [{ channel: 'ada', amount: '6' }],
  roots: [{ channel: 'ada', partition: 0, at: 77 }],
  positions: ['events', 'roots', 'settlements'].map((topic) => ({ topic, partition: 0, next: 9, id: null })),
  promises: [{ channel: 'ada' }],
};
const AFTER = {
  claims: [{ channel: 'ada', amount: '5' }],
  roots: [{ channel: 'ada', partition: 0, at: 12 }],
  positions: [
    { topic: 'events', partition: 0, next: 8, id: TOPIC_ID },
    { topic: 'roots', partition: 0, next: 0, id: null },
    { topic: 'settlements', partition: 0, next: 8, id: TOPIC_ID },
  ],
  promises: [{ channel: 'ada' }],
};

describe('the swap of the tables', () => {
  it('puts the rebuilt ones in the place of the living ones, at the positions of the living topics, and back', async () => {
    await swapSchemas(side, note, topics);
    expect(await living()).toEqual(AFTER);
    const kept = await readNote(side, keptName(note.living));
    expect(kept).toEqual({ ...note, state: 'kept' });
    // What only the living tables hold goes on in them.
    await database.pool.query(
      `insert into settlement_promises (channel, epoch, root, amount, worker) values ('bob', 1, 'r', 1, 'w')`,
    );
    await takeBack(side, { ...note, state: 'kept' });
    expect(await living()).toEqual({ ...BEFORE, promises: [{ channel: 'ada' }, { channel: 'bob' }] });
    expect(await readNote(side, note.rebuild)).toEqual({ ...note, state: 'taken back' });
  });

  it('leaves the positions of the side where the roles go on in its topics', async () => {
    await swapSchemas(side, { ...note, form: 'topics' }, undefined);
    expect(await living()).toEqual({
      ...AFTER,
      roots: BEFORE.roots,
      positions: BEFORE.positions.map((position) => ({ ...position, topic: `side.${position.topic}` })),
    });
    expect(await readNote(side, keptName(note.living))).toMatchObject({ form: 'topics' });
  });

  it('is never done by half: killed at any statement it leaves the former tables, whole', async () => {
    let statements = 0;
    for (let killAt = 1; ; killAt += 1) {
      const { pool, count } = killedAt(side, killAt);
      const end = await swapSchemas(pool, note, topics).then(
        () => 'done',
        () => 'killed',
      );
      statements = count();
      if (end === 'done') break;
      expect(await living()).toEqual(BEFORE);
      expect(await readNote(side, keptName(note.living))).toBeUndefined();
    }
    expect(statements).toBeGreaterThan(15);
    expect(await living()).toEqual(AFTER);
  });

  it('is refused where a rebuilt root stands nowhere on the living topic', async () => {
    await expect(swapSchemas(side, note, { ...topics, places: [] })).rejects.toMatchObject({ code: 'ROOT_CONFLICT' });
    expect(await living()).toEqual(BEFORE);
  });

  it('is refused while a role works on the living tables, and where the two were migrated by different releases', async () => {
    const settings = { DATABASE_URL: testStack().databaseUrl, DATABASE_SCHEMA: note.living, DATABASE_POOL_SIZE: 1 };
    const role = createPool(settings, 'ao-gateway', silentLogger());
    await role.query('select 1');
    await expect(swapSchemas(side, note, topics)).rejects.toMatchObject({ code: 'GROUP_ACTIVE' });
    await role.end();
    await database.pool.query(`insert into schema_migrations values (9999, '9999_later.sql', 'x')`);
    await expect(swapSchemas(side, note, topics)).rejects.toThrow(/9999_later\.sql/);
    expect(await living()).toEqual(BEFORE);
  });

  it('lets those read the new tables who may read the former ones, and no others', async () => {
    const reader = `${note.living}_reader`;
    const { pool } = database;
    const may = async (): Promise<unknown> => {
      const { rows } = await pool.query(
        `select has_schema_privilege($1, $2, 'usage') as schema, has_table_privilege($1, 'claims', 'select') as claims,
           has_table_privilege($1, 'roots', 'select') as roots, has_column_privilege($1, 'roots', 'root', 'select') as root`,
        [reader, note.living],
      );
      return rows[0];
    };
    await pool.query(`create role ${reader}`);
    try {
      await pool.query(`grant usage on schema ${note.living} to ${reader}`);
      await pool.query(`grant select on claims to ${reader}; grant select (root) on roots to ${reader}`);
      await pool.query(`alter default privileges in schema ${note.living} grant select on tables to ${reader}`);
      const before = await may();
      await swapSchemas(side, note, topics);
      expect(await may()).toEqual(before);
      expect(before).toEqual({ schema: true, claims: true, roots: false, root: true });
      await pool.query('create table later (n int)');
      const { rows } = await pool.query(`select has_table_privilege($1, 'later', 'select') as later`, [reader]);
      expect(rows).toEqual([{ later: true }]);
    } finally {
      await pool.query(`drop owned by ${reader}; drop role ${reader}`);
    }
  });

  it('knows of every table whether the topics give its rows or it is carried over', () => {
    const dump = readFileSync(new URL('../../schemas/sql/dump.txt', import.meta.url), 'utf8');
    const tables = [...dump.matchAll(/^table (\w+)/gm)].map(([, name]) => name);
    const given = [
      'claims',
      'coverage',
      'coverage_gaps',
      'epochs',
      'publication_sightings',
      'published_roots',
      'refused_events',
    ];
    const derived = [...given, 'roots', 'settlement_log', 'settlement_steps', 'sink_offsets', 'tree_nodes'];
    // Of a schema itself: which migrations it has, and whose tables it took over; a swap needs the one equal and the other empty.
    const own = ['schema_migrations', 'adopted_tables'];
    expect(tables.sort()).toEqual([...derived, ...own, ...CARRIED].sort());
  });
});

/** A pool whose connection is cut before its n-th statement. */
function killedAt(pool: Pool, n: number): { pool: Pool; count: () => number } {
  let count = 0;
  const connect = async (): Promise<Client> => {
    const client = await pool.connect();
    const query = async (text: unknown, values?: unknown[]): Promise<unknown> => {
      count += 1;
      if (count === n) {
        (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
        throw new Error('killed');
      }
      return (client.query as (...args: unknown[]) => Promise<unknown>)(text, values);
    };
    return new Proxy(client, {
      get: (target, name) => {
        if (name === 'query') return query;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  };
  return { pool: { connect } as unknown as Pool, count: () => count };
}
