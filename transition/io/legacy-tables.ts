/** The legacy system's roots, from its own tables. Nothing is written there. */

import { bytesToHex } from '@attention-oracle/sdk';
import type pg from 'pg';
import { AppError } from '../../runtime/errors.ts';
import { leavesOfLevels } from '../core/imported-tree.ts';
import { type LegacyRow, toLegacyTableRoot } from '../core/legacy-rows.ts';
import type { LegacyRoot } from '../core/parity.ts';
import type { LeavesOf } from './compare.ts';

interface Source {
  readonly table: string;
  readonly columns: string;
  readonly kind: LegacyRow['kind'];
}

/** Which tree the root of `roots` is of was never written down. */
const SOURCES: readonly Source[] = [
  { table: 'roots', columns: 'count', kind: null },
  { table: 'sealed_epochs', columns: 'null::int as count', kind: 'participation' },
  { table: 'l2_tree_cache', columns: 'null::int as count', kind: 'claims' },
];

/**
 * @param since First epoch, in the legacy system's numbers.
 * @throws AppError OPTION_INVALID when the schema has none of the tables, or when they are this platform's.
 */
export async function readLegacyTables(client: pg.ClientBase, schema: string, since: bigint): Promise<LegacyRoot[]> {
  const { rows: found } = await client.query<{ name: string; ours: boolean }>(
    `select table_name::text as name, bool_or(column_name = 'tree_state') as ours from information_schema.columns
     where table_schema = $1 and table_name in ('roots', 'sealed_epochs', 'l2_tree_cache', 'sealed_participants') group by 1`,
    [schema],
  );
  const shared = found.some(({ ours }) => ours);
  if (shared && !(await isAdopted(client, schema))) {
    throw new AppError('OPTION_INVALID', `Schema ${schema} is this platform's: it would be compared with itself.`);
  }
  const tables = new Set(found.map(({ name }) => name));
  const roots: LegacyRoot[] = [];
  for (const { table, columns, kind } of SOURCES.filter((source) => tables.has(source.table))) {
    const { rows } = await client.query<LegacyRow>(
      `select channel, epoch::text as epoch, root, ${columns} from ${JSON.stringify(schema)}.${table} where (epoch >= $1 or epoch is null)${shared && table === 'roots' ? ' and recipe is null' : ''}`,
      [since.toString()],
    );
    const users =
      kind === 'participation' && tables.has('sealed_participants')
        ? await readUsers(client, schema, since)
        : new Map<string, string[]>();
    for (const row of rows) {
      const userHashes = users.get(`${row.epoch} ${row.channel}`);
      roots.push(toLegacyTableRoot({ ...row, kind, volume: null, userHashes, count: row.count ?? userHashes?.length }));
    }
  }
  if (SOURCES.every(({ table }) => !tables.has(table))) {
    throw new AppError(
      'OPTION_INVALID',
      `Schema ${schema} of the legacy database has none of the tables ${SOURCES.map(({ table }) => table).join(', ')}. Name its schema with --legacy-schema.`,
    );
  }
  return roots;
}

/** Whether its roots are the legacy system's, with ours beside them. */
async function isAdopted(client: pg.ClientBase, schema: string): Promise<boolean> {
  const table = `${JSON.stringify(schema)}.adopted_tables`;
  const { rows: made } = await client.query<{ made: boolean }>('select to_regclass($1) is not null as made', [table]);
  if (made[0]?.made !== true) return false;
  return (await client.query(`select from ${table} where name = 'roots'`)).rowCount === 1;
}

/** Leaves of the published trees; read only where a root differs, as they are long. */
export function readLegacyLeaves(client: pg.ClientBase, schema: string): LeavesOf {
  const table = `${JSON.stringify(schema)}.l2_tree_cache`;
  return async ({ kind, channel, epoch, root }) => {
    if (kind !== 'claims') return null;
    const { rows } = await client.query<{ channel: string; root: string; levels: string | null }>(
      `select channel, root, to_jsonb(t) ->> 'levels_json' as levels from ${table} t where epoch = $1::bigint`,
      [epoch.toString()],
    );
    const row = rows.find((one) => {
      const found = toLegacyTableRoot({
        ...one,
        epoch: epoch.toString(),
        kind,
        count: null,
        volume: null,
        userHashes: null,
      });
      return found.channel === channel && found.root === root;
    });
    const leaves = row === undefined ? '' : leavesOfLevels({ levels: row.levels, count: null });
    return typeof leaves === 'string' ? null : leaves.map((leaf) => bytesToHex(leaf));
  };
}

async function readUsers(client: pg.ClientBase, schema: string, since: bigint): Promise<Map<string, string[]>> {
  const { rows } = await client.query<{ key: string; users: string[] }>(
    `select epoch::text || ' ' || channel as key, array_agg(user_hash::text order by idx) as users
     from ${JSON.stringify(schema)}.sealed_participants where epoch >= $1 group by epoch, channel`,
    [since.toString()],
  );
  return new Map(rows.map(({ key, users }) => [key, users]));
}
