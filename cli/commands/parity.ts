/** `ao parity`: our roots beside those of the legacy system. */

import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { loadConfig, postgresConfig } from '../../runtime/config.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { createPool, type Pool } from '../../runtime/postgres/pool.ts';
import { parseLegacyFile } from '../../transition/core/legacy-rows.ts';
import type { ParityRow, Verdict } from '../../transition/core/parity.ts';
import { compareWithLegacy, totalsOf } from '../../transition/io/compare.ts';
import { openLegacy } from '../../transition/io/legacy-connection.ts';
import { readLegacyLeaves, readLegacyTables } from '../../transition/io/legacy-tables.ts';
import { printJson, printLine, printTable } from '../print.ts';

interface ParityOptions {
  legacy: string;
  legacySchema: string;
  since: bigint;
  json?: boolean;
}

function epochNumber(text: string): bigint {
  if (!/^\d{1,18}$/.test(text)) throw new InvalidArgumentError('an epoch is a whole number');
  return BigInt(text);
}

export function addParityCommand(program: Command): void {
  program
    .command('parity')
    .description("compare our roots with the legacy system's; status 1 when one differs, 3 when one cannot be told")
    .requiredOption('--legacy <url|file>', 'its database (postgresql://…), or a JSON file of its roots')
    .option('--legacy-schema <name>', 'schema of its tables', 'public')
    .addOption(new Option('--since <epoch>', 'first epoch that is compared').argParser(epochNumber).default(0n, '0'))
    .option('--json', 'one JSON object')
    .action((options: ParityOptions) => compare(options));
}

async function compare({ legacy, legacySchema, since, json }: ParityOptions): Promise<void> {
  const pool = createPool(loadConfig(z.object(postgresConfig), process.env), 'ao-parity', silentLogger());
  try {
    const rows = await compareWith(pool, legacy, legacySchema, since);
    const totals = totalsOf(rows);
    if (json === true) printJson({ since, ...totals, rows });
    else show(rows, totals);
    if (totals.differs > 0) process.exitCode = 1;
    else if (totals.uncertain > 0 || rows.length === 0) process.exitCode = 3;
  } finally {
    await pool.end();
  }
}

async function compareWith(pool: Pool, source: string, schema: string, since: bigint): Promise<ParityRow[]> {
  if (!/^postgres(ql)?:\/\//.test(source)) {
    const roots = parseLegacyFile(readFileSync(source, 'utf8')).filter(({ epoch }) => epoch >= since);
    return compareWithLegacy(pool, roots, since);
  }
  const client = await openLegacy(source);
  return readLegacyTables(client, schema, since)
    .then((roots) => compareWithLegacy(pool, roots, since, readLegacyLeaves(client, schema)))
    .finally(() => client.end());
}

function show(rows: readonly ParityRow[], totals: Readonly<Record<Verdict, number>>): void {
  printTable(
    ['epoch', 'channel', 'verdict', 'legacy root', 'our root', 'counts', 'volumes', 'why'],
    rows.map(({ epoch, channel, verdict, legacy, ours, reasons }) => [
      epoch,
      channel,
      verdict,
      legacy?.root ?? '-',
      ours?.root ?? '-',
      `${legacy?.count ?? '?'} / ${ours?.count ?? '-'}`,
      `${legacy?.volume ?? '?'} / ${ours?.volume ?? '-'}`,
      reasons.join('; '),
    ]),
  );
  printLine(
    rows.length === 0
      ? 'nothing was compared: neither side has a root from that epoch on'
      : `${totals.equal} equal, ${totals.differs} differ, ${totals.uncertain} uncertain`,
  );
}
