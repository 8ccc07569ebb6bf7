/** What a restored database must hold: rows that only become more, and roots that never change. */

import { MerkleTree } from '@attention-oracle/sdk';
import type { Pool } from '../../runtime/postgres/pool.ts';

export interface Facts {
  /** Rows by table. */
  readonly counts: Readonly<Record<string, number>>;
  /** `epoch channel root` of each root, sorted. */
  readonly roots: readonly string[];
}

const TABLES = ['claims', 'roots', 'epochs', 'settlement_log', 'settlement_steps', 'published_roots', 'tree_nodes'];

export async function readFacts(pool: Pool): Promise<Facts> {
  const counts: Record<string, number> = {};
  for (const table of TABLES) {
    const { rows } = await pool.query<{ count: number }>(`select count(*) from ${table}`);
    counts[table] = Number(rows[0]?.count);
  }
  const { rows } = await pool.query<{ root: string }>(
    `select concat_ws(' ', epoch, channel, root) as root from roots where recipe is not null order by 1`,
  );
  return { counts, roots: rows.map(({ root }) => root) };
}

/**
 * What of the restored database is not what was backed up, one sentence each.
 * @param before Read before the backup began: all of it must be there.
 * @param after Read when it was done: no more may be there. Undefined: more may be.
 */
export function compareFacts(restored: Facts, before: Facts, after: Facts | undefined): string[] {
  const faults: string[] = [];
  for (const [table, count] of Object.entries(restored.counts)) {
    const [least, most] = [before.counts[table] ?? 0, after === undefined ? Infinity : (after.counts[table] ?? 0)];
    if (count >= least && count <= most) continue;
    faults.push(`${table} has ${count} rows, not ${after === undefined ? `${least} at least` : `${least} to ${most}`}`);
  }
  const there = new Set(restored.roots);
  const missing = before.roots.filter((root) => !there.has(root));
  const known = new Set(after?.roots ?? restored.roots);
  const foreign = restored.roots.filter((root) => !known.has(root));
  if (missing.length > 0) faults.push(`${missing.length} roots are missing, the first: ${missing[0]}`);
  if (foreign.length > 0) faults.push(`${foreign.length} roots were not backed up, the first: ${foreign[0]}`);
  return faults;
}

/** Hashes every stored tree again from its leaves. @returns how many, and those that do not give their root. */
export async function rebuildTrees(pool: Pool): Promise<{ readonly trees: number; readonly faults: string[] }> {
  const faults: string[] = [];
  const { rows: roots } = await pool.query<{
    id: number;
    name: string;
    root: string;
    odd_node: 'duplicate' | 'promote';
  }>(
    `select id, channel || ', epoch ' || epoch as name, root, odd_node from roots where tree_state = 'built' and recipe is not null order by id`,
  );
  for (const { id, name, root, odd_node: oddNode } of roots) {
    const { rows } = await pool.query<{ nodes: Buffer }>(
      'select nodes from tree_nodes where root_id = $1 and level = 0 order by chunk',
      [id],
    );
    const leaves = new Uint8Array(Buffer.concat(rows.map(({ nodes }) => nodes)));
    const made = leaves.length === 0 ? 'none' : MerkleTree.fromLeaves(leaves, { oddNode }).rootHex();
    if (made !== root) faults.push(`the leaves of ${name} give root ${made}, not ${root}`);
  }
  return { trees: roots.length, faults };
}
