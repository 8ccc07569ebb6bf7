/** The tables of a rebuild in the place of the living ones, and back: each in one transaction, so that a kill leaves the one or the other. */

import pg from 'pg';
import { AppError } from '../../runtime/errors.ts';
import { refuseWhileUsed } from '../../runtime/postgres/back-to-legacy.ts';
import { allowStatements, type Client, inTransaction, type Pool } from '../../runtime/postgres/pool.ts';
import { copyGrants } from './copy-grants.ts';
import { keptName, type SchemaNote, writeNote } from './note.ts';

/** Tables whose rows no topic gives: they go on in whichever schema is the living one. */
export const CARRIED = [
  'deployment',
  'settlement_promises',
  'cutover',
  'cutover_log',
  'legacy_trees',
  'legacy_participants',
] as const;

/** Where a root stands on the living topic of roots. */
export interface RootPlace {
  readonly channel: string;
  readonly epoch: bigint;
  readonly root: string;
  readonly partition: number;
  readonly offset: number;
}

export interface CopiedTopic {
  /** Name of the copy. */
  readonly side: string;
  readonly living: string;
  /** Kafka's id of the living one; undefined where the brokers give none. */
  readonly id: string | undefined;
  /** By partition, the offset behind what was copied. */
  readonly ends: ReadonlyMap<number, number>;
}

/** What makes of the positions of the side those of the living topics, which hold the same records at the same offsets. */
export interface LivingTopics {
  readonly copied: readonly CopiedTopic[];
  readonly roots: { readonly side: string; readonly living: string };
  readonly places: readonly RootPlace[];
}

/**
 * @param topics Where the living topics stay the living ones; undefined where the roles go on in those of the side.
 * @throws AppError GROUP_ACTIVE while a role works on the living tables; ROOT_CONFLICT; ARGUMENT_INVALID. Nothing is changed then.
 */
export async function swapSchemas(pool: Pool, note: SchemaNote, topics: LivingTopics | undefined): Promise<void> {
  const { living, rebuild: side } = note;
  await alone(pool, [living, side], async (client) => {
    await refuseWhileUsed(client, living);
    await refuseOtherMigrations(client, living, side);
    if (topics !== undefined) await takeLivingTopics(client, pg.escapeIdentifier(side), topics);
    for (const table of CARRIED) await client.query(`drop table ${nameOf(side, table)}`);
    await carry(client, living, side);
    await copyGrants(client, living, side, CARRIED);
    await rename(client, living, keptName(living));
    await rename(client, side, living);
    await writeNote(client, keptName(living), { ...note, state: 'kept' });
    await client.query(`comment on schema ${pg.escapeIdentifier(living)} is null`);
  });
}

/** @param note Of the kept schema. @throws AppError GROUP_ACTIVE while a role works on the living tables. */
export async function takeBack(pool: Pool, note: SchemaNote): Promise<void> {
  const { living, rebuild: side } = note;
  await alone(pool, [living, side], async (client) => {
    await refuseWhileUsed(client, living);
    await carry(client, living, keptName(living));
    await rename(client, living, side);
    await rename(client, keptName(living), living);
    await writeNote(client, side, { ...note, state: 'taken back' });
    await client.query(`comment on schema ${pg.escapeIdentifier(living)} is null`);
  });
}

/** Sinks that start migrate first, and wait for the same locks. */
async function alone(pool: Pool, schemas: readonly string[], work: (client: Client) => Promise<void>): Promise<void> {
  await inTransaction(pool, async (client) => {
    await allowStatements(client, 0);
    for (const schema of [...schemas].sort())
      await client.query('select pg_advisory_xact_lock(hashtext($1))', [`attention-oracle migrations of ${schema}`]);
    await work(client);
  });
}

async function refuseOtherMigrations(client: Client, living: string, side: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select coalesce(a.name, b.name) as name from ${nameOf(living, 'schema_migrations')} a
     full join ${nameOf(side, 'schema_migrations')} b on a.version = b.version and a.checksum = b.checksum
     where a.version is null or b.version is null order by 1`,
  );
  if (rows.length === 0) return;
  throw new AppError(
    'ARGUMENT_INVALID',
    `Schemas ${living} and ${side} were migrated by different releases (${rows.map(({ name }) => name).join(', ')}): run \`ao migrate\` of the newer one, rebuild again, and swap then.`,
  );
}

/** Positions and places of the side as they are in the living topics. The sink reads every root again from there: what it has stays. */
async function takeLivingTopics(client: Client, side: string, { copied, roots, places }: LivingTopics): Promise<void> {
  // The copy may end further on than what was copied, by the end of a transaction: never past a living record.
  for (const { side: from, living, id, ends } of copied)
    await client.query(
      `update ${side}.sink_offsets o set topic = $2, topic_id = $3, next_offset = least(o.next_offset, e.next),
         highest_offset = least(o.next_offset, e.next)
       from unnest($4::int[], $5::bigint[]) as e(partition, next) where o.topic = $1 and o.partition = e.partition`,
      [from, living, id, [...ends.keys()], [...ends.values()]],
    );
  await client.query(
    `update ${side}.sink_offsets set topic = $2, topic_id = null, next_offset = 0, highest_offset = 0 where topic = $1`,
    [roots.side, roots.living],
  );
  const { rowCount } = await client.query(
    `update ${side}.roots r set record_partition = p.partition, record_offset = p.at
     from unnest($1::text[], $2::bigint[], $3::text[], $4::int[], $5::bigint[]) as p(channel, epoch, root, partition, at)
     where r.channel = p.channel and r.epoch = p.epoch and r.root = p.root and r.recipe is not null`,
    [
      places.map(({ channel }) => channel),
      places.map(({ epoch }) => epoch),
      places.map(({ root }) => root),
      places.map(({ partition }) => partition),
      places.map(({ offset }) => offset),
    ],
  );
  const { rows } = await client.query<{ count: number }>(`select count(*) from ${side}.roots where recipe is not null`);
  if (rows[0]?.count === rowCount) return;
  throw new AppError(
    'ROOT_CONFLICT',
    `The rebuilt tables hold ${rows[0]?.count} roots, and ${rowCount} of them stand on ${roots.living}: nothing was swapped. Drop the rebuild (\`ao rebuild drop\`) and rebuild again.`,
  );
}

async function carry(client: Client, from: string, to: string): Promise<void> {
  for (const table of CARRIED)
    await client.query(`alter table ${nameOf(from, table)} set schema ${pg.escapeIdentifier(to)}`);
}

async function rename(client: Client, from: string, to: string): Promise<void> {
  await client.query(`alter schema ${pg.escapeIdentifier(from)} rename to ${pg.escapeIdentifier(to)}`);
}

function nameOf(schema: string, table: string): string {
  return `${pg.escapeIdentifier(schema)}.${table}`;
}
