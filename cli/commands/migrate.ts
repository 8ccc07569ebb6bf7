/** `ao migrate`: bring the database schema up to date. */

import type { Command } from 'commander';
import { z } from 'zod';
import { loadConfig, postgresConfig } from '../../runtime/config.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { createPool } from '../../runtime/postgres/pool.ts';
import { printLine } from '../print.ts';

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('apply the SQL migrations that the database does not have yet')
    .action(async () => {
      const settings = loadConfig(z.object(postgresConfig), process.env);
      const pool = createPool(settings, 'ao-migrate', silentLogger());
      try {
        const { applied } = await migrate(pool, settings.DATABASE_SCHEMA, silentLogger());
        printLine(applied.length === 0 ? 'the schema is up to date' : `applied ${applied.join(', ')}`);
      } finally {
        await pool.end();
      }
    });
}
