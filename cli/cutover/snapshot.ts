/** The backup before a step: taken and tried out, or the step is not taken. */

import { config as processorConfig, rulesOf } from '../../processors/epoch-roots/config.ts';
import { loadConfig } from '../../runtime/config.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { createPool } from '../../runtime/postgres/pool.ts';
import { Catalogue } from '../backup/catalogue.ts';
import { archiveWal, takeBackup } from '../backup/take.ts';
import { withKafka } from '../kafka/session.ts';
import type { CutoverParts } from './facts.ts';

export async function takeSnapshot({ databaseUrl, schema, plan }: CutoverParts): Promise<string> {
  const { dir, topicsKey } = plan.backups;
  const settings = { DATABASE_URL: databaseUrl, DATABASE_SCHEMA: schema, DATABASE_POOL_SIZE: 2 };
  const pool = createPool(settings, 'ao-cutover', silentLogger());
  try {
    const catalogue = new Catalogue(dir);
    await archiveWal(catalogue, { url: databaseUrl, pool, backups: dir });
    const backup =
      topicsKey === undefined
        ? await takeBackup(catalogue, pool, settings, undefined)
        : await withKafka(({ kafka }) => {
            const rules = rulesOf(loadConfig(processorConfig, process.env));
            return takeBackup(catalogue, pool, settings, { kafka, rules, keyFile: topicsKey });
          });
    // Needs the programs of a local stack, which images of the roles do not have.
    const { verifyBackup } = await import('../backup/verify.ts');
    const { roots, durationMs } = await verifyBackup(catalogue, backup, settings);
    return `backup ${backup.id} restores in ${(durationMs / 1000).toFixed(1)} s, with ${roots} roots`;
  } finally {
    await pool.end();
  }
}
