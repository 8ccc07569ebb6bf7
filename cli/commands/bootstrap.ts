/** `ao bootstrap`: a new deployment from an archive, so that nobody needs a node's history. */

import type { Command } from 'commander';
import { z } from 'zod';
import { Archive } from '../../audit/io/archive.ts';
import { type RestoredTopic, restoreArchive } from '../../audit/io/restore-archive.ts';
import { readPublicKey } from '../../audit/io/signing-key.ts';
import { config as processorConfig, rulesOf } from '../../processors/epoch-roots/config.ts';
import { type Rules, rulesChanged } from '../../processors/epoch-roots/core/rules.ts';
import { loadConfig, postgresConfig } from '../../runtime/config.ts';
import { AppError } from '../../runtime/errors.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { createPool } from '../../runtime/postgres/pool.ts';
import { withKafka } from '../kafka/session.ts';
import { printJson, printLine, printTable } from '../print.ts';

interface BootstrapOptions {
  publicKey?: string;
  dryRun?: boolean;
  json?: boolean;
}

export function addBootstrapCommand(program: Command): void {
  program
    .command('bootstrap')
    .description(
      'start a new deployment from an archive: its topics into an empty Kafka or namespace, tables into an empty schema',
    )
    .argument('<dir>', 'folder of the archive')
    .option(
      '--public-key <file>',
      'whose signature is taken, Ed25519 in PEM; without it the key that the archive names',
    )
    .option('--dry-run', 'check the archive and the rules, and show what would be written')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nEvery record gets the offset that it had. The rules of the processor must be those of the archive: set its variables. Then start the roles: the listener goes on at its cursor, the processor emits no root again, the sink stores everything.\n\nExample:\n  KAFKA_NAMESPACE=second. DATABASE_SCHEMA=second ao bootstrap archive-2026-11 --public-key archive-key.pub.pem',
    )
    .action((directory: string, options: BootstrapOptions) => bootstrap(directory, options));
}

async function bootstrap(directory: string, { publicKey, dryRun, json }: BootstrapOptions): Promise<void> {
  const archive = Archive.open(directory, publicKey === undefined ? undefined : readPublicKey(publicKey));
  await archive.assertWhole();
  refuseOtherRules(rulesOf(loadConfig(processorConfig, process.env)), archive);
  const schema = dryRun === true ? undefined : await emptySchema();
  const topics = dryRun === true ? topicsOf(archive) : await restored(archive);
  const { signer } = archive;
  if (json === true) printJson({ dryRun: dryRun === true, signer, topics });
  else {
    printTable(
      ['topic', 'records'],
      topics.map(({ topic, records }) => [topic, records]),
    );
    if (publicKey === undefined)
      printLine(`The archive is signed by ${signer}, the key that it names: compare it, or give --public-key.`);
    if (schema === undefined) printLine('This would be written; nothing was.');
    else printLine(`The topics are there, and the tables of schema ${schema}, empty: start the roles.`);
  }
}

function topicsOf(archive: Archive): RestoredTopic[] {
  return archive.manifest.topics.map(({ topic, partitions }) => {
    return { topic, records: partitions.reduce((sum, { records }) => sum + records, 0) };
  });
}

function restored(archive: Archive): Promise<RestoredTopic[]> {
  return withKafka(({ kafka }) =>
    restoreArchive(kafka, archive, ({ topic, records }) => {
      process.stderr.write(`ao: ${topic}: ${records} records\n`);
    }),
  );
}

/** Under other rules the processor would find its roots to be others, and hold. */
function refuseOtherRules(rules: Rules, { manifest }: Archive): void {
  const changed = rulesChanged(rules, manifest.rules);
  const isOtherState = (rules.protocolState ?? null) !== manifest.protocolState;
  if (changed === undefined && !isOtherState) return;
  const why =
    changed?.message ??
    `MINT_PUBKEY gives protocol state ${rules.protocolState ?? 'none'}, the archive was made with ${manifest.protocolState ?? 'none'}`;
  throw new AppError(
    'ARGUMENT_INVALID',
    `The archive was made under other rules than those of the environment: ${why}. Set the variables that its deployment had.`,
  );
}

/** @returns its name. @throws AppError ARGUMENT_INVALID where a sink has stored something in it. */
async function emptySchema(): Promise<string> {
  const settings = loadConfig(z.object(postgresConfig), process.env);
  const pool = createPool(settings, 'ao-bootstrap', silentLogger());
  const { DATABASE_SCHEMA: schema } = settings;
  try {
    await migrate(pool, schema, silentLogger());
    const { rows } = await pool.query('select from sink_offsets limit 1');
    if (rows.length === 0) return schema;
    throw new AppError(
      'ARGUMENT_INVALID',
      `Schema ${schema} holds rows of a deployment: set DATABASE_SCHEMA to one that does not exist yet.`,
    );
  } finally {
    await pool.end();
  }
}
