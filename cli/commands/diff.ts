/** `ao diff`: the first slot at which two deployments disagree about what was claimed. */

import type { Command } from 'commander';
import { z } from 'zod';
import type { EventLog } from '../../audit/core/event-log.ts';
import { rulesOfManifest } from '../../audit/core/manifest.ts';
import { type Agreement, agreementOf, ProvenClaims } from '../../audit/core/proven-claims.ts';
import { Archive } from '../../audit/io/archive.ts';
import { kafkaEventLog } from '../../audit/io/kafka-event-log.ts';
import { RegistryDecoder } from '../../audit/io/registry-decoder.ts';
import { config as processorConfig, rulesOf } from '../../processors/epoch-roots/config.ts';
import type { Rules } from '../../processors/epoch-roots/core/rules.ts';
import { type Environment, kafkaConfig, loadConfig } from '../../runtime/config.ts';
import { AppError, codeOf, messageOf } from '../../runtime/errors.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { printJson, printLine } from '../print.ts';

interface DiffOptions {
  with: string;
  archive?: string;
  json?: boolean;
}

interface Side {
  readonly log: EventLog;
  readonly rules: Rules;
}

const STATUS = { equal: 0, differs: 1, unknown: 3 } as const;
/** A person waits for the answer. */
const ATTEMPTS = 3;

export function addDiffCommand(program: Command): void {
  program
    .command('diff')
    .description(
      'find the first slot at which two deployments disagree; status 1 when they do, 3 when that cannot be told',
    )
    .requiredOption('--with <url|dir>', 'the other one: an archive, or kafka://HOST:PORT?registry=URL&namespace=NAME')
    .option('--archive <dir>', 'this one: an archive, instead of the topic of this deployment')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nCompared is every claim that both have proven, whatever the order of their records. Nothing is written into the other deployment.\n\nExamples:\n  ao diff --with archive-2026-11\n  ao diff --with "kafka://other:9092?registry=http://other:8081&namespace=blue." --json',
    )
    .action((options: DiffOptions) => diff(options));
}

async function diff({ with: other, archive, json }: DiffOptions): Promise<void> {
  let agreement: Agreement & { readonly reason?: string };
  try {
    const here = archive === undefined ? deployment(process.env) : await archived(archive);
    const there = /^kafka:/.test(other) ? deployment(environmentOf(other)) : await archived(other);
    const sides = [await read(here), await read(there)] as const;
    const partitions = { here: sides[0].partitions, there: sides[1].partitions };
    agreement = agreementOf(sides[0].claims, sides[1].claims, partitions);
  } catch (error) {
    if (['CONFIG_INVALID', 'OPTION_INVALID', 'ARCHIVE_INVALID'].includes(codeOf(error))) throw error;
    const nothing = { compared: [], firstSlot: undefined, onlyHere: [], onlyThere: [] };
    agreement = { verdict: 'unknown', reason: messageOf(error), ...nothing };
  }
  if (json === true) printJson({ ...agreement, firstSlot: agreement.firstSlot ?? null });
  else show(agreement);
  process.exitCode = STATUS[agreement.verdict];
}

async function read({ log, rules }: Side): Promise<{ claims: ProvenClaims; partitions: number }> {
  const claims = new ProvenClaims(rules);
  const { firstOffsets } = await log.read((record) => claims.apply(record));
  const cut = [...firstOffsets].find(([, first]) => first > 0);
  if (cut !== undefined)
    throw new AppError(
      'RECORDS_GONE',
      `The beginning of partition ${cut[0]} is gone: what it held cannot be compared.`,
    );
  return { claims, partitions: firstOffsets.size };
}

async function archived(directory: string): Promise<Side> {
  const archive = Archive.open(directory);
  await archive.assertWhole();
  const { FINALIZED_DEDUP_EVENTS: dedup } = loadConfig(processorConfig, process.env);
  return { log: archive.eventLog(), rules: rulesOfManifest(archive.manifest, dedup) };
}

function deployment(env: Environment): Side {
  const settings = loadConfig(z.object(kafkaConfig), env);
  const kafka = createKafka(settings, 'ao-diff', silentLogger(), ATTEMPTS);
  const decoder = new RegistryDecoder(settings.SCHEMA_REGISTRY_URL, settings.FOREIGN_SCHEMA_IDS);
  const log = kafkaEventLog(kafka, decoder, topicNames(settings).streamEvents);
  return { log, rules: rulesOf(loadConfig(processorConfig, env)) };
}

/** @throws AppError OPTION_INVALID */
function environmentOf(text: string): Environment {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const registry = url?.searchParams.get('registry') ?? null;
  if (url === undefined || url.port === '' || registry === null)
    throw new AppError('OPTION_INVALID', '--with takes a folder, or kafka://HOST:PORT?registry=URL[&namespace=NAME].');
  const namespace = url.searchParams.get('namespace') ?? '';
  return { ...process.env, KAFKA_BROKERS: url.host, KAFKA_NAMESPACE: namespace, SCHEMA_REGISTRY_URL: registry };
}

function show({
  verdict,
  compared,
  firstSlot,
  onlyHere,
  onlyThere,
  reason,
}: Agreement & { readonly reason?: string }): void {
  const ranges = compared.map(({ fromSlot, toSlot }) => `${fromSlot} to ${toSlot}`).join(', ');
  if (verdict === 'unknown') printLine(`Cannot be told: ${reason ?? 'there is no slot that both have proven'}.`);
  else if (verdict === 'equal') printLine(`They agree about every claim in slots ${ranges}.`);
  else {
    printLine(`They disagree first at slot ${firstSlot} (compared: ${ranges}).`);
    for (const line of onlyHere) printLine(`only here:  ${line}`);
    for (const line of onlyThere) printLine(`only there: ${line}`);
  }
}
