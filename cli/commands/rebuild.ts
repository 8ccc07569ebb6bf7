/** `ao rebuild`: processor and sink beside the living ones, over a copy of the events; what would be others is shown, nothing is changed. */

import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { changesOf, type RootRow } from '../../audit/core/rebuild-roots.ts';
import { RegistryDecoder } from '../../audit/io/registry-decoder.ts';
import { standingRoots } from '../../audit/io/standing-places.ts';
import { config as processorConfig, rulesOf } from '../../processors/epoch-roots/config.ts';
import type { Rules } from '../../processors/epoch-roots/core/rules.ts';
import { type Environment, kafkaConfig, loadConfig, postgresConfig } from '../../runtime/config.ts';
import { AppError } from '../../runtime/errors.ts';
import { withAdmin } from '../../runtime/kafka/admin.ts';
import { createKafka, type KafkaClient } from '../../runtime/kafka/client.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../../runtime/postgres/pool.ts';
import { withKafka } from '../kafka/session.ts';
import { printJson, printLine, printTable } from '../print.ts';
import { type RowChange, rowChanges } from '../rebuild/row-changes.ts';
import { copyEvents, type Ends, runSide, type SideProgress } from '../rebuild/side.ts';

interface RebuildOptions {
  name: string;
  keep?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** Between two lines of progress, ms. */
const SAY_EVERY_MS = 5000;

export function addRebuildCommand(program: Command): void {
  program
    .command('rebuild')
    .description(
      'run processor and sink beside the living ones, on a copy of the events under another namespace and schema, and show which roots and rows would be others; changes nothing; status 1 when one would, 3 when one cannot be told',
    )
    .option(
      '--name <name>',
      'of the schema, and before the dot of the namespace, that are made for it',
      sideName,
      'rebuild',
    )
    .option('--keep', 'leave topics and tables of the side there, to be looked at')
    .option('--dry-run', 'say what would be copied and where to, and do nothing')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nThe side works by the variables of the environment: with other rules it shows what they would change. Ctrl-C at any time leaves the living deployment as it is.\n\nExamples:\n  ao rebuild --dry-run\n  ROOT_ODD_NODE=promote ao rebuild --name promote --json',
    )
    .action((options: RebuildOptions) => rebuild(options));
}

function sideName(text: string): string {
  if (/^[a-z_][a-z0-9_]{0,40}$/.test(text)) return text;
  throw new InvalidArgumentError('a name is of lower-case letters, digits and _, and begins with none of the digits');
}

async function rebuild({ name, keep, dryRun, json }: RebuildOptions): Promise<void> {
  const rules = rulesOf(loadConfig(processorConfig, process.env));
  const env = {
    ...process.env,
    KAFKA_NAMESPACE: `${name}.`,
    DATABASE_SCHEMA: name,
    METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
  };
  const postgres = loadConfig(z.object(postgresConfig), env);
  const { DATABASE_SCHEMA: livingSchema } = loadConfig(z.object(postgresConfig), process.env);
  await withKafka(async ({ kafka: living, admin }) => {
    const side = createKafka(loadConfig(z.object(kafkaConfig), env), 'ao-rebuild', silentLogger());
    if (living.settings.KAFKA_NAMESPACE === side.settings.KAFKA_NAMESPACE || livingSchema === name)
      throw new AppError('ARGUMENT_INVALID', `${name} is where the living deployment is: give another --name.`);
    const bounds = await admin.bounds(topicNames(living.settings).streamEvents);
    const records = [...bounds.values()].reduce((sum, { low, high }) => sum + Number(high - low), 0);
    const place = { namespace: `${name}.`, schema: name };
    if (dryRun === true) {
      const text = `About ${records} records would be copied into namespace ${name}. and taken in into schema ${name}; nothing was.`;
      return json === true ? printJson({ dryRun: true, records, ...place }) : printLine(text);
    }
    const pool = createPool(postgres, 'ao-rebuild', silentLogger());
    try {
      await refuseUsed(pool, side, name);
      await rebuildBeside({ living, side, pool, livingSchema, env, rules, keep: keep === true, records }, (found) =>
        report({ ...found, place, json: json === true }),
      );
    } finally {
      await pool.end();
    }
  });
}

interface Rebuild {
  readonly living: KafkaClient;
  readonly side: KafkaClient;
  /** Of the side. */
  readonly pool: Pool;
  readonly livingSchema: string;
  readonly env: Environment & { readonly DATABASE_SCHEMA: string };
  readonly rules: Rules;
  readonly keep: boolean;
  /** About how many there are to copy. */
  readonly records: number;
}

interface Found {
  readonly roots: readonly RootRow[];
  readonly rows: readonly RowChange[];
}

/** Nothing of the side may be there before: it is taken away in the end. */
async function rebuildBeside(
  { living, side, pool, livingSchema, env, rules, keep, records }: Rebuild,
  onFound: (found: Found) => void,
): Promise<void> {
  const { DATABASE_SCHEMA: name } = env;
  try {
    process.stderr.write(`ao: copying about ${records} records into namespace ${name}.\n`);
    const ends = await copyEvents(living, side, rules);
    await migrate(pool, name, silentLogger());
    await runSide({ kafka: side, pool, env, ends }, progressLines());
    onFound({ roots: await rootChanges(living, side, ends), rows: await rowChanges(pool, livingSchema, ends) });
  } finally {
    if (!keep) await drop(side, pool, name);
  }
}

/** @throws AppError ARGUMENT_INVALID where something goes by the name: it may be another deployment. */
async function refuseUsed(pool: Pool, side: KafkaClient, name: string): Promise<void> {
  const { rows } = await pool.query('select from pg_namespace where nspname = $1', [name]);
  const topics = await withAdmin(side, async (admin) => [...(await admin.topics())]);
  const isThere = topics.some((topic) => topic.startsWith(side.settings.KAFKA_NAMESPACE));
  if (rows.length === 0 && !isThere) return;
  throw new AppError(
    'ARGUMENT_INVALID',
    `${rows.length > 0 ? `Schema ${name}` : `A topic of namespace ${name}.`} is there already: take it away if it is of a rebuild that was broken off, or give another --name.`,
  );
}

async function rootChanges(living: KafkaClient, side: KafkaClient, ends: Ends): Promise<RootRow[]> {
  const { SCHEMA_REGISTRY_URL: registry, FOREIGN_SCHEMA_IDS: foreign } = living.settings;
  const rootsOf = (kafka: KafkaClient) =>
    standingRoots(kafka, new RegistryDecoder(registry, foreign), topicNames(kafka.settings).roots);
  const bounds = await withAdmin(living, (admin) => admin.bounds(topicNames(living.settings).streamEvents));
  const cut = [...bounds].filter(([, { low }]) => low > 0n).map(([partition]) => partition);
  return changesOf({ roots: await rootsOf(side), readTo: ends, cut }, await rootsOf(living));
}

function report({
  roots,
  rows,
  place,
  json,
}: Found & {
  readonly place: { readonly namespace: string; readonly schema: string };
  readonly json: boolean;
}): void {
  const others = roots.filter(({ change }) => change !== 'equal');
  const equal = roots.length - others.length;
  if (json) printJson({ ...place, equalRoots: equal, roots: others, rows });
  else {
    if (others.length > 0)
      printTable(
        ['epoch', 'channel', 'root', 'stands', 'would be', 'why'],
        others.map((row) => [
          ...[row.epoch, row.channel, row.change, row.standing ?? '-', row.rebuilt ?? '-'],
          row.reasons.join('\n'),
        ]),
      );
    if (rows.length > 0)
      printTable(
        ['epoch', 'channel', 'row', 'event', 'columns'],
        rows.map((row) => [row.epoch, row.channel, row.change, row.eventId, row.columns.join(', ')]),
      );
    printLine(
      `${equal} roots are equal, ${others.length} would be others or cannot be told; ${rows.length} rows of claims would be others.`,
    );
  }
  const isOther = others.some(({ change }) => change === 'changed' || change === 'gone') || rows.length > 0;
  process.exitCode = isOther ? 1 : others.length > 0 || roots.length === 0 ? 3 : 0;
}

function progressLines(): (progress: SideProgress) => void {
  const startedMs = Date.now();
  let saidMs = startedMs;
  return ({ done, total }) => {
    const nowMs = Date.now();
    if (nowMs - saidMs < SAY_EVERY_MS) return;
    saidMs = nowMs;
    const left =
      done === 0
        ? 'time left not known yet'
        : `about ${Math.ceil((((nowMs - startedMs) / done) * (total - done)) / 1000)} s left`;
    process.stderr.write(`ao: ${done} of ${total} records taken in, ${left}\n`);
  };
}

/** What was made for the side; its subjects stay in the registry. */
async function drop(side: KafkaClient, pool: Pool, name: string): Promise<void> {
  await pool.query(`drop schema if exists ${name} cascade`);
  await withAdmin(side, async (admin) => {
    const there = await admin.topics();
    const ours = Object.values(topicNames(side.settings)).filter((topic) => there.has(topic));
    await admin.deleteTopics(ours);
    for (const group of await admin.groups(side.settings.KAFKA_NAMESPACE)) await admin.deleteGroup(group);
  }).catch((error: unknown) => {
    process.stderr.write(`ao: the topics of namespace ${name}. are left there: ${String(error)}\n`);
  });
}
