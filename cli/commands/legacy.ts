/** `ao legacy import`: the legacy system's trees brought over, so that the gateway serves their history and proofs. */

import type { Command } from 'commander';
import { z } from 'zod';
import { loadConfig, postgresConfig } from '../../runtime/config.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { createPool } from '../../runtime/postgres/pool.ts';
import { importLegacy } from '../../transition/io/import-legacy.ts';
import { openLegacy } from '../../transition/io/legacy-connection.ts';
import { printJson, printLine } from '../print.ts';

interface ImportOptions {
  legacy?: string;
  legacySchema: string;
  json?: boolean;
}

export function addLegacyCommand(program: Command): void {
  program
    .command('legacy')
    .description('what the legacy system left')
    .command('import')
    .description('bring sealed_epochs, sealed_participants and l2_tree_cache over; status 3 when a tree is held')
    .option('--legacy <url>', 'its database (postgresql://…); default: DATABASE_URL')
    .option('--legacy-schema <name>', 'schema of its tables', 'public')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  ao legacy import --legacy postgresql://127.0.0.1/twzrd --legacy-schema public')
    .action(async ({ legacy, legacySchema, json }: ImportOptions) => {
      const settings = loadConfig(z.object(postgresConfig), process.env);
      const pool = createPool(settings, 'ao-legacy', silentLogger());
      try {
        await migrate(pool, settings.DATABASE_SCHEMA, silentLogger());
        const client = await openLegacy(legacy ?? settings.DATABASE_URL);
        const counts = await importLegacy(client, legacySchema, pool, ({ kind, channel, epoch }, why) => {
          process.stderr.write(`held: ${kind} tree of ${channel}, epoch ${epoch}: ${why}\n`);
        }).finally(() => client.end());
        if (json === true) printJson(counts);
        else
          printLine(
            `${counts.imported} trees imported, ${counts.known} there already; ${counts.held} held without proofs`,
          );
        if (counts.held > 0) process.exitCode = 3;
      } finally {
        await pool.end();
      }
    });
}
