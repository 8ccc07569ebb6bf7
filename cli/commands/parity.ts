/** `ao parity`: our roots beside those of the legacy system. */

import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import pg from 'pg';
import { z } from 'zod';
import { loadConfig, postgresConfig } from '../../runtime/config.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { createPool, type Pool } from '../../runtime/postgres/pool.ts';
import { parseLegacyFile } from '../../transition/core/legacy-rows.ts';
import { explainDifference, type LegacyRoot, type ParityRow, pairRoots } from '../../transition/core/parity.ts';
import { readLegacyTables } from '../../transition/io/legacy-tables.ts';
import { readClaims, readOurRoots } from '../../transition/io/our-roots.ts';
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
    .option('--since <epoch>', 'first epoch that is compared', epochNumber, 0n)
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  ao parity --legacy postgresql://127.0.0.1/twzrd --since 1762308000 --json')
    .action((options: ParityOptions) => compare(options));
}

async function compare({ legacy, legacySchema, since, json }: ParityOptions): Promise<void> {
  const pool = createPool(loadConfig(z.object(postgresConfig), process.env), 'ao-parity', silentLogger());
  try {
    const theirs = await legacyRoots(legacy, legacySchema, since);
    const rows = await explained(pool, pairRoots(await readOurRoots(pool, since), theirs));
    const totals = { equal: 0, differs: 0, uncertain: 0 };
    for (const { verdict } of rows) totals[verdict]++;
    if (json === true) printJson({ since, ...totals, rows });
    else show(rows, totals);
    if (totals.differs > 0) process.exitCode = 1;
    else if (totals.uncertain > 0 || rows.length === 0) process.exitCode = 3;
  } finally {
    await pool.end();
  }
}

async function legacyRoots(source: string, schema: string, since: bigint): Promise<LegacyRoot[]> {
  if (!/^postgres(ql)?:\/\//.test(source)) {
    return parseLegacyFile(readFileSync(source, 'utf8')).filter(({ epoch }) => epoch >= since);
  }
  const client = new pg.Client({ connectionString: source, options: '-c default_transaction_read_only=on' });
  await client.connect();
  return readLegacyTables(client, schema, since).finally(() => client.end());
}

async function explained(pool: Pool, rows: readonly ParityRow[]): Promise<ParityRow[]> {
  const whole: ParityRow[] = [];
  for (const row of rows) {
    const { ours, legacy, verdict, reasons } = row;
    if (verdict !== 'differs' || ours === null || legacy === null) whole.push(row);
    else {
      const why = explainDifference(ours, legacy, await readClaims(pool, ours));
      whole.push({ ...row, reasons: [...reasons, ...why] });
    }
  }
  return whole;
}

function show(rows: readonly ParityRow[], totals: Readonly<Record<string, number>>): void {
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
      : `${totals['equal']} equal, ${totals['differs']} differ, ${totals['uncertain']} uncertain`,
  );
}
