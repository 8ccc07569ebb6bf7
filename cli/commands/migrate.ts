/** `ao migrate`: bring the database schema up to date, or take our part out of the legacy system's. */

import type { Command } from 'commander';
import { z } from 'zod';
import { loadConfig, postgresConfig } from '../../runtime/config.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { backToLegacy } from '../../runtime/postgres/back-to-legacy.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../../runtime/postgres/pool.ts';
import { dumpSchema } from '../../runtime/postgres/schema-dump.ts';
import { confirm } from '../confirm.ts';
import { printLine } from '../print.ts';

interface MigrateOptions {
  backToLegacy?: boolean;
  dump?: boolean;
  yes?: boolean;
}

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description(
      "apply the SQL migrations that the database does not have yet; the legacy system's claims and roots in the schema are kept",
    )
    .option(
      '--back-to-legacy',
      "take our columns, rows and tables out again, so that the legacy system's tables are as they were",
    )
    .option('--dump', 'print the schema as the database has it, and change nothing')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  ao migrate\n  ao migrate --back-to-legacy --yes\n  ao migrate --dump > schemas/sql/dump.txt',
    )
    .action(async (options: MigrateOptions) => {
      const settings = loadConfig(z.object(postgresConfig), process.env);
      const pool = createPool(settings, 'ao-migrate', silentLogger());
      try {
        if (options.dump === true) process.stdout.write(await dumpSchema(pool));
        else if (options.backToLegacy === true) await goBack(pool, settings.DATABASE_SCHEMA, options.yes === true);
        else {
          const { applied } = await migrate(pool, settings.DATABASE_SCHEMA, silentLogger());
          printLine(applied.length === 0 ? 'the schema is up to date' : `applied ${applied.join(', ')}`);
        }
      } finally {
        await pool.end();
      }
    });
}

async function goBack(pool: Pool, schema: string, yes: boolean): Promise<void> {
  const { kept, removed } = await backToLegacy(pool, schema, true);
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([table, rows]) => `${rows} of ${table}`)
      .join(', ');
  printLine(
    `schema ${schema}: rows that stay: ${list(kept)}; rows of ours that go: ${list(removed)}, and all our other tables.`,
  );
  printLine('What goes can be made again from the topics by `ao migrate` and the sink.');
  if (!yes && !(await confirm('Go back to the legacy tables?'))) return;
  await backToLegacy(pool, schema, false);
  printLine("the legacy system's tables are as they were, with the rows that it has written since");
}
