/** `ao backup`: base backups of PostgreSQL, taken, listed, tried out and restored. */

import type { Command } from 'commander';
import { z } from 'zod';
import { loadConfig, postgresConfig } from '../../runtime/config.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { createPool } from '../../runtime/postgres/pool.ts';
import { takeBaseBackup } from '../backup/base-backup.ts';
import { type Backup, Catalogue } from '../backup/catalogue.ts';
import { readFacts } from '../backup/facts.ts';
import { unpack } from '../backup/unpack.ts';
import { printJson, printLine, printTable } from '../print.ts';

interface BackupOptions {
  dir: string;
  json?: boolean;
}

export function addBackupCommand(program: Command): void {
  const backup = program.command('backup').description('base backups of PostgreSQL: take, list, try out, restore');
  const add = (name: string, description: string, example: string): Command =>
    backup
      .command(name)
      .description(description)
      .option('--dir <folder>', 'where the backups are', 'backups')
      .option('--json', 'one JSON object')
      .addHelpText('after', `\nExample:\n  ao backup ${example}`);
  add('run', 'take one, by the replication protocol', 'run --dir /backups').action(run);
  add('list', 'those that are whole, newest first', 'list --dir /backups').action(list);
  add(
    'verify',
    'restore one into a fresh server, compare rows and roots, hash its trees again',
    'verify newest --dir /backups',
  )
    .argument('[id]', 'of the list, or newest', 'newest')
    .action(verify);
  add(
    'restore',
    'unpack one as a data folder of PostgreSQL',
    'restore newest --dir /backups --to /var/lib/postgresql/18/main',
  )
    .argument('[id]', 'of the list, or newest', 'newest')
    .requiredOption('--to <folder>', 'an empty folder')
    .action(restore);
}

async function run({ dir, json }: BackupOptions): Promise<void> {
  const settings = loadConfig(z.object(postgresConfig), process.env);
  const pool = createPool(settings, 'ao-backup', silentLogger());
  try {
    const catalogue = new Catalogue(dir);
    const takenAt = new Date().toISOString();
    const id = takenAt.replaceAll(/[-:]/g, '').replace('.', '');
    const { rows } = await pool.query<{ server_version: string }>('show server_version');
    const before = await readFacts(pool);
    await takeBaseBackup(settings.DATABASE_URL, catalogue.begin(id), `attention-oracle ${id}`);
    const after = await readFacts(pool);
    const serverVersion = rows[0]?.server_version ?? '';
    const whole = await catalogue.finish({
      id,
      takenAt,
      serverVersion,
      schema: settings.DATABASE_SCHEMA,
      before,
      after,
    });
    if (json === true) printJson(summaryOf(whole));
    else
      printLine(
        `backup ${id} is in ${catalogue.folderOf(whole)}: try it out with \`ao backup verify ${id} --dir ${dir}\``,
      );
  } finally {
    await pool.end();
  }
}

function list({ dir, json }: BackupOptions): void {
  const all = new Catalogue(dir).list().map(summaryOf);
  if (json === true) printJson({ backups: all });
  else if (all.length === 0) printLine(`there is no backup in ${dir}`);
  else
    printTable(
      ['id', 'taken', 'schema', 'claims', 'roots', 'verified'],
      all.map(({ id, takenAt, schema, claims, roots, verifiedAt }) => [
        id,
        takenAt,
        schema,
        claims,
        roots,
        verifiedAt ?? 'never',
      ]),
    );
}

function summaryOf({ id, takenAt, serverVersion, schema, after, verifiedAt }: Backup) {
  const { claims = 0, roots = 0 } = after.counts;
  return { id, takenAt, serverVersion, schema, claims, roots, verifiedAt };
}

async function verify(id: string, { dir, json }: BackupOptions): Promise<void> {
  const settings = loadConfig(z.object(postgresConfig), process.env);
  const catalogue = new Catalogue(dir);
  // Needs the programs of a local stack, which images of the roles do not have.
  const { verifyBackup } = await import('../backup/verify.ts');
  const verified = await verifyBackup(catalogue, catalogue.find(id), settings);
  if (json === true) printJson(verified);
  else
    printLine(
      `backup ${verified.id} restores in ${(verified.durationMs / 1000).toFixed(1)} s: ${verified.files} files, ${verified.roots} roots, ${verified.counts['claims']} claims; ${verified.trees} trees hashed again`,
    );
}

async function restore(id: string, { dir, to, json }: BackupOptions & { to: string }): Promise<void> {
  const catalogue = new Catalogue(dir);
  const backup = catalogue.find(id);
  await catalogue.checkDigests(backup);
  const files = await unpack(catalogue.folderOf(backup), to);
  if (json === true) printJson({ id: backup.id, takenAt: backup.takenAt, files, to });
  else
    printLine(
      `${files} files of backup ${backup.id} are in ${to}, as of ${backup.takenAt}: start PostgreSQL ${backup.serverVersion} on it; the sink takes in from the topics what came since`,
    );
}
