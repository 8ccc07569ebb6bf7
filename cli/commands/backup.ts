/** `ao backup`: the database's files, its WAL and the topics: taken, listed, tried out and restored. */

import { type Command, Option } from 'commander';
import { z } from 'zod';
import { Archive } from '../../audit/io/archive.ts';
import { restoreArchive } from '../../audit/io/restore-archive.ts';
import { config as processorConfig, rulesOf } from '../../processors/epoch-roots/config.ts';
import { loadConfig, postgresConfig } from '../../runtime/config.ts';
import { AppError } from '../../runtime/errors.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { createPool } from '../../runtime/postgres/pool.ts';
import { type Backup, Catalogue } from '../backup/catalogue.ts';
import { restoreInto } from '../backup/restore.ts';
import { takeBackup } from '../backup/take.ts';
import { withKafka } from '../kafka/session.ts';
import { printJson, printLine, printTable } from '../print.ts';
import { addBackupWalCommands, type BackupOptions } from './backup-wal.ts';

interface RunOptions extends BackupOptions {
  topicsKey?: string;
  ndjson?: string;
}

interface RestoreCommandOptions extends BackupOptions {
  to: string;
  withoutWal?: boolean;
  until?: string;
}

export function addBackupCommand(program: Command): void {
  const backup = program
    .command('backup')
    .description('backups of PostgreSQL, its WAL and the topics: take, list, try out, restore');
  const add = (name: string, description: string, example: string): Command =>
    backup
      .command(name)
      .description(description)
      .option('--dir <folder>', 'where the backups are', 'backups')
      .option('--json', 'one JSON object')
      .addHelpText('after', `\nExample:\n  ao backup ${example}`);
  add(
    'run',
    'take one, by the replication protocol; where the WAL is archived, archive it up to now',
    'run --dir /backups --topics-key archive-key.pem --ndjson /var/log/attention-oracle',
  )
    .option('--topics-key <file>', 'write the topics too, signed with this Ed25519 key in PEM')
    .option('--ndjson <folder>', "archive the listener's NDJSON logs too: its NDJSON_LOG_DIR")
    .action(run);
  add('list', 'those that are whole, newest first', 'list --dir /backups').action(list);
  add(
    'verify',
    'restore one into a fresh server with the WAL that followed, compare rows and roots, hash its trees again, check its topics',
    'verify newest --dir /backups',
  )
    .argument('[id]', 'of the list, or newest', 'newest')
    .action(verify);
  add(
    'restore',
    'unpack one as a data folder of PostgreSQL, with the WAL that followed',
    'restore newest --dir /backups --to /var/lib/postgresql/18/main',
  )
    .argument('[id]', 'of the list, or newest', 'newest')
    .requiredOption('--to <folder>', 'an empty folder')
    .option('--without-wal', 'as of its own time, whatever was archived later')
    .addOption(new Option('--until <time>', 'leave out what was committed later, ISO 8601').argParser(isoTime))
    .action(restore);
  add(
    'restore-topics',
    'write its topics into a Kafka that has lost them, every record at the offset that it had',
    'restore-topics newest --dir /backups',
  )
    .argument('[id]', 'of the list, or newest', 'newest')
    .action(restoreTopics);
  addBackupWalCommands(add);
}

function isoTime(text: string): string {
  if (!Number.isNaN(Date.parse(text)) && /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(text)) return text;
  throw new AppError('OPTION_INVALID', `--until ${text} is no time with its zone: 2026-11-28T09:30:00Z is one.`);
}

async function run({ dir, topicsKey, ndjson, json }: RunOptions): Promise<void> {
  const settings = loadConfig(z.object(postgresConfig), process.env);
  const pool = createPool(settings, 'ao-backup', silentLogger());
  try {
    const catalogue = new Catalogue(dir);
    const whole =
      topicsKey === undefined
        ? await takeBackup(catalogue, pool, settings, undefined, ndjson)
        : await withKafka(({ kafka }) => {
            const rules = rulesOf(loadConfig(processorConfig, process.env));
            return takeBackup(catalogue, pool, settings, { kafka, rules, keyFile: topicsKey }, ndjson);
          });
    if (json === true) printJson(summaryOf(whole));
    else
      printLine(
        `backup ${whole.id} is in ${catalogue.folderOf(whole)}: try it out with \`ao backup verify ${whole.id} --dir ${dir}\``,
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
      ['id', 'taken', 'schema', 'claims', 'roots', 'topics', 'NDJSON logs', 'verified'],
      all.map(({ id, takenAt, schema, claims, roots, topics, ndjson, verifiedAt }) => [
        ...[id, takenAt, schema, claims, roots],
        topics ? 'yes' : 'no',
        ndjson,
        verifiedAt ?? 'never',
      ]),
    );
}

function summaryOf({ id, takenAt, serverVersion, schema, after, topics = false, ndjson = 0, verifiedAt }: Backup) {
  const { claims = 0, roots = 0 } = after.counts;
  return { id, takenAt, serverVersion, schema, claims, roots, topics, ndjson, verifiedAt };
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
      `backup ${verified.id} restores in ${(verified.durationMs / 1000).toFixed(1)} s, as of ${verified.asOf}: ${verified.files} files, ${verified.roots} roots, ${verified.counts['claims']} claims; ${verified.trees} trees hashed again${verified.records === null ? '' : `; ${verified.records} records of topics`}`,
    );
}

async function restore(id: string, { dir, to, withoutWal, until, json }: RestoreCommandOptions): Promise<void> {
  const catalogue = new Catalogue(dir);
  const backup = catalogue.find(id);
  await catalogue.checkDigests(backup);
  const { files, asOf } = await restoreInto(catalogue, backup, to, { withoutWal, until });
  if (json === true) printJson({ id: backup.id, takenAt: backup.takenAt, files, asOf, to });
  else
    printLine(
      `${files} files of backup ${backup.id} are in ${to}, as of ${asOf}: start PostgreSQL ${backup.serverVersion} on it, then take a new backup; the sink takes in from the topics what came since`,
    );
}

async function restoreTopics(id: string, { dir, json }: BackupOptions): Promise<void> {
  const catalogue = new Catalogue(dir);
  const backup = catalogue.find(id);
  if (backup.topics !== true)
    throw new AppError('OPTION_INVALID', `Backup ${backup.id} has no topics: take it with --topics-key.`);
  const archive = Archive.open(catalogue.topicsOf(backup));
  const topics = await withKafka(({ kafka }) =>
    restoreArchive(kafka, archive, ({ topic, records }) => {
      process.stderr.write(`ao: ${topic}: ${records} records\n`);
    }),
  );
  if (json === true) printJson({ id: backup.id, topics });
  else
    printLine(
      'the topics are as they were; Kafka holds them under new ids: give sink and gateway a DATABASE_SCHEMA that does not exist yet, and start the roles',
    );
}
