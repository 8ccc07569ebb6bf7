/** The legacy system's tables and files in one archive, read back before anything of it is let go. */

import { execFile } from 'node:child_process';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { AppError } from '../../runtime/errors.ts';
import { openLegacy } from '../../transition/io/legacy-connection.ts';
import { digestOf } from '../backup/catalogue.ts';
import type { CutoverParts } from './facts.ts';

const TABLES = ['claims', 'roots', 'sealed_epochs', 'sealed_participants', 'l2_tree_cache'];
const ROWS = 5000;
const run = promisify(execFile);

/** @returns what is in it. @throws AppError CUTOVER_HELD where it does not read back as it was written. */
export async function archiveLegacy({ plan }: CutoverParts): Promise<string> {
  const { dir, paths } = plan.archive;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const missing = paths.filter((path) => !existsSync(path));
  if (missing.length > 0) throw held(`${missing.join(', ')} of the plan's archive is not there.`);
  const work = mkdtempSync(join(dir, 'making-'));
  try {
    const counts = await writeTables(plan.legacy, work);
    writeFileSync(join(work, 'counts.json'), `${JSON.stringify(counts)}\n`);
    const name = `legacy_data_archive_${new Date().toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}.tar.gz`;
    const partial = join(dir, `${name}.partial`);
    const files = paths.flatMap((path) => ['-C', dirname(resolve(path)), basename(path)]);
    await run('tar', ['-czf', partial, '-C', work, ...Object.keys(counts).map(fileOf), 'counts.json', ...files]);
    const back = mkdtempSync(join(work, 'read-back-'));
    await run('tar', ['-xzf', partial, '-C', back]);
    for (const [table, count] of Object.entries(counts)) {
      const found = await linesOf(join(back, fileOf(table)));
      if (found !== count)
        throw held(`The archive reads back ${found} rows of ${table}, not ${count}: see to the disk.`);
    }
    const digest = await digestOf(partial);
    renameSync(partial, join(dir, name));
    writeFileSync(join(dir, `${name}.sha256`), `${digest}  ${name}\n`);
    const rows = Object.entries(counts).map(([table, count]) => `${count} of ${table}`);
    return `${join(dir, name)} holds ${rows.join(', ')}${paths.length === 0 ? '' : ` and ${paths.join(', ')}`}`;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function fileOf(table: string): string {
  return `${table}.ndjson`;
}

function held(reason: string): AppError {
  return new AppError('CUTOVER_HELD', reason);
}

async function writeTables(
  { database, schema }: CutoverParts['plan']['legacy'],
  folder: string,
): Promise<Record<string, number>> {
  const client = await openLegacy(database);
  try {
    // One moment for all of them.
    await client.query('begin isolation level repeatable read read only');
    const counts: Record<string, number> = {};
    for (const table of TABLES) {
      const name = `${client.escapeIdentifier(schema)}.${table}`;
      const { rows: found } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
        name,
      ]);
      if (found[0]?.there !== true) continue;
      await client.query(`declare legacy_rows no scroll cursor for select to_jsonb(t)::text as row from ${name} t`);
      const file = createWriteStream(join(folder, fileOf(table)), { mode: 0o600 });
      let count = 0;
      for (;;) {
        const { rows } = await client.query<{ row: string }>(`fetch ${ROWS} from legacy_rows`);
        if (rows.length === 0) break;
        count += rows.length;
        const full = !file.write(rows.map(({ row }) => `${row}\n`).join(''));
        if (full) await new Promise<void>((drained) => file.once('drain', () => drained()));
      }
      file.end();
      await finished(file);
      await client.query('close legacy_rows');
      counts[table] = count;
    }
    if (Object.keys(counts).length === 0)
      throw held(`Schema ${schema} holds none of the legacy tables: name it in the plan.`);
    return counts;
  } finally {
    await client.end();
  }
}

async function linesOf(path: string): Promise<number> {
  let count = 0;
  for await (const _line of createInterface({ input: createReadStream(path) })) count += 1;
  return count;
}
