/** `ao verify roots`: every root from the event topic alone, beside those that stand: what a rebuild would change. */

import type { Command } from 'commander';
import { changesOf, type RootChange, type RootRow, rebuildRoots } from '../../audit/core/rebuild-roots.ts';
import { kafkaEventLog, type ReadProgress } from '../../audit/io/kafka-event-log.ts';
import { RegistryDecoder } from '../../audit/io/registry-decoder.ts';
import { standingRoots } from '../../audit/io/standing-places.ts';
import { config as processorConfig, rulesOf } from '../../processors/epoch-roots/config.ts';
import { loadConfig } from '../../runtime/config.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { withKafka } from '../kafka/session.ts';
import { printJson, printLine, printTable } from '../print.ts';

interface VerifyRootsOptions {
  all?: boolean;
  json?: boolean;
}

/** Between two lines of progress, ms. */
const SAY_EVERY_MS = 5000;

export function addVerifyRootsCommand(verify: Command): void {
  verify
    .command('roots')
    .description(
      'build every root again from the event topic alone and show which would be others; writes nothing; status 1 when one would, 3 when one cannot be told',
    )
    .option('--all', 'also the roots that are equal')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nThe rules are those of the processor, from its variables: with others the table shows what they would change.\n\nExample:\n  ROOT_ODD_NODE=promote ao verify roots',
    )
    .action((options: VerifyRootsOptions) => verifyRoots(options));
}

async function verifyRoots({ all, json }: VerifyRootsOptions): Promise<void> {
  const rules = rulesOf(loadConfig(processorConfig, process.env));
  const rows = await withKafka(async ({ kafka, settings }) => {
    const decoder = new RegistryDecoder(settings.SCHEMA_REGISTRY_URL, settings.FOREIGN_SCHEMA_IDS);
    const topics = topicNames(settings);
    const rebuilt = await rebuildRoots(kafkaEventLog(kafka, decoder, topics.streamEvents, progressLines()), rules);
    // Later than the events: whatever stands of what was read is there.
    return changesOf(rebuilt, await standingRoots(kafka, decoder, topics.roots));
  });
  const totals: Record<RootChange, number> = { equal: 0, changed: 0, gone: 0, new: 0, unknown: 0 };
  for (const { change } of rows) totals[change] += 1;
  const shown = all === true ? rows : rows.filter(({ change }) => change !== 'equal');
  if (json === true) printJson({ totals, rows: shown });
  else show(shown, totals);
  if (totals.changed + totals.gone > 0) process.exitCode = 1;
  else if (totals.new + totals.unknown > 0 || rows.length === 0) process.exitCode = 3;
}

/** How far the reading is and about how long it takes yet, on standard error. */
function progressLines(): (progress: ReadProgress) => void {
  const startedMs = Date.now();
  let saidMs = startedMs;
  return ({ read, total }) => {
    const nowMs = Date.now();
    if (nowMs - saidMs < SAY_EVERY_MS || read === 0) return;
    saidMs = nowMs;
    const secondsLeft = Math.ceil((((nowMs - startedMs) / read) * Math.max(0, total - read)) / 1000);
    process.stderr.write(`ao: ${read} of about ${total} records, about ${secondsLeft} s left\n`);
  };
}

function show(rows: readonly RootRow[], totals: Readonly<Record<RootChange, number>>): void {
  if (rows.length > 0)
    printTable(
      ['epoch', 'channel', 'change', 'stands', 'would be', 'why'],
      rows.map((row) => [
        row.epoch,
        row.channel,
        row.change,
        row.standing ?? '-',
        row.rebuilt ?? '-',
        row.reasons.join('\n'),
      ]),
    );
  if (Object.values(totals).every((count) => count === 0)) return printLine('no root stands, and the events give none');
  const words = Object.entries(totals).map(([change, count]) => `${count} ${change}`);
  printLine(words.join(', '));
}
