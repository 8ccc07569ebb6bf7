/** Brings the legacy system's trees over, each in a transaction of its own. Nothing is written on the legacy side. */

import { normalizeChannel } from '@attention-oracle/sdk';
import type pg from 'pg';
import { AppError } from '../../runtime/errors.ts';
import { inTransaction, type Pool } from '../../runtime/postgres/pool.ts';
import { type HeldTree, type LegacyTreeRow, remakeTree, type SoundTree } from '../core/imported-tree.ts';

export interface ImportCounts {
  /** Written by this run. */
  imported: number;
  /** There already, the same. */
  known: number;
  /** Of all that were looked at: kept without proofs. */
  held: number;
}

interface Participant {
  readonly idx: number;
  readonly user_hash: string;
  readonly username: string | null;
}

interface SourceRow {
  readonly channel: string;
  readonly epoch: string;
  readonly root: string;
  readonly levels: string | null;
  readonly count: number | null;
  readonly facts: unknown;
  /** Rows of the same channel and epoch. */
  readonly rows: number;
}

const TREES = {
  participation: {
    table: 'sealed_epochs',
    columns: `null as levels, null::int as count, to_jsonb(t) - '{channel,epoch,root}'::text[] as facts`,
  },
  claims: {
    table: 'l2_tree_cache',
    columns: `levels_json::text as levels, participant_count::int as count,
      to_jsonb(t) - '{channel,epoch,root,levels_json}'::text[] as facts`,
  },
} as const;

/**
 * Safe to run again: what is there stays; what is there with another root becomes held.
 * @param onHeld Told of each tree without proofs.
 * @throws AppError OPTION_INVALID when the schema has none of the tables.
 */
export async function importLegacy(
  legacy: pg.ClientBase,
  schema: string,
  pool: Pool,
  onHeld: (tree: LegacyTreeRow, why: string) => void,
): Promise<ImportCounts> {
  const counts: ImportCounts = { imported: 0, known: 0, held: 0 };
  const from = (table: string): string => `${legacy.escapeIdentifier(schema)}.${table}`;
  const { rows: found } = await legacy.query<{ name: string }>(
    'select table_name::text as name from information_schema.tables where table_schema = $1',
    [schema],
  );
  const has = (table: string): boolean => found.some(({ name }) => name === table);
  if (!has('sealed_epochs') && !has('l2_tree_cache')) {
    throw new AppError(
      'OPTION_INVALID',
      `Schema ${schema} of the legacy database has neither sealed_epochs nor l2_tree_cache. Name its schema with --legacy-schema.`,
    );
  }
  for (const kind of ['participation', 'claims'] as const) {
    const { table, columns } = TREES[kind];
    if (!has(table)) continue;
    const { rows: keys } = await legacy.query<{ channel: string; epoch: string }>(
      `select distinct channel, epoch::text as epoch from ${from(table)} order by 2, 1`,
    );
    for (const { channel, epoch } of keys) {
      const { rows } = await legacy.query<SourceRow>(
        `select channel, epoch::text as epoch, root, ${columns}, count(*) over ()::int as rows from ${from(table)} t
         where channel = $1 and epoch = $2::bigint order by root limit 1`,
        [channel, epoch],
      );
      const participants =
        has('sealed_participants') && kind === 'participation'
          ? await readParticipants(legacy, from('sealed_participants'), channel, epoch)
          : [];
      for (const row of rows) await importOne(pool, kind, row, participants, counts, onHeld);
    }
  }
  return counts;
}

async function readParticipants(
  legacy: pg.ClientBase,
  table: string,
  channel: string,
  epoch: string,
): Promise<Participant[]> {
  const { rows } = await legacy.query<Participant>(
    `select idx::int as idx, user_hash::text as user_hash, to_jsonb(p) ->> 'username' as username from ${table} p
     where channel = $1 and epoch = $2::bigint order by idx`,
    [channel, epoch],
  );
  return rows;
}

async function importOne(
  pool: Pool,
  kind: LegacyTreeRow['kind'],
  row: SourceRow,
  participants: readonly Participant[],
  counts: ImportCounts,
  onHeld: (tree: LegacyTreeRow, why: string) => void,
): Promise<void> {
  const tree: LegacyTreeRow = { ...row, kind, epoch: BigInt(row.epoch), root: String(row.root), participants };
  const made =
    row.rows > 1
      ? { held: `The legacy system holds ${row.rows} rows for its channel and epoch.`, count: row.count ?? 0 }
      : remakeTree(tree);
  const { written, held } = await store(pool, tree, made, row.facts, participants);
  if (written) counts.imported += 1;
  else counts.known += 1;
  if (held === null) return;
  counts.held += 1;
  onHeld(tree, held);
}

/** Key: (kind, channel, epoch). */
function store(
  pool: Pool,
  tree: LegacyTreeRow,
  made: SoundTree | HeldTree,
  facts: unknown,
  participants: readonly Participant[],
): Promise<{ written: boolean; held: string | null }> {
  return inTransaction(pool, async (client) => {
    const sound = made.held === null ? made : null;
    const key = [tree.kind, tree.channel, tree.epoch.toString()];
    const { rowCount } = await client.query(
      `insert into legacy_trees (kind, channel, epoch, name, root, count, odd_node, nodes, held, kept_levels, facts)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing`,
      [
        ...key,
        normalizeChannel(tree.channel),
        tree.root.replace(/^0x/, '').toLowerCase(),
        made.count,
        sound?.oddNode ?? null,
        sound === null ? null : Buffer.from(sound.nodes),
        made.held,
        sound === null ? tree.levels : null,
        JSON.stringify(facts),
      ],
    );
    if (rowCount === 1) {
      await client.query(
        `insert into legacy_participants (channel, epoch, idx, user_hash, username)
         select $1, $2::bigint, * from unnest($3::int[], $4::text[], $5::text[]) on conflict do nothing`,
        [
          tree.channel,
          tree.epoch.toString(),
          participants.map(({ idx }) => idx),
          participants.map(({ user_hash: hash }) => hash.replace(/^0x/, '').toLowerCase()),
          participants.map(({ username }) => username),
        ],
      );
      return { written: true, held: made.held };
    }
    const { rows } = await client.query<{ held: string | null }>(
      `update legacy_trees set nodes = null, odd_node = null, held = $5
       where kind = $1 and channel = $2 and epoch = $3 and root <> $4 returning held`,
      [
        ...key,
        tree.root.replace(/^0x/, '').toLowerCase(),
        `A later import holds root ${tree.root} for its channel and epoch.`,
      ],
    );
    const { rows: standing } = await client.query<{ held: string | null }>(
      'select held from legacy_trees where kind = $1 and channel = $2 and epoch = $3',
      key,
    );
    return { written: false, held: rows[0]?.held ?? standing[0]?.held ?? null };
  });
}
