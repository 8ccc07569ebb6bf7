/** `ao verify root`: a root from the event topic alone, beside the roots topic, the database and the chain. */

import { normalizeChannel } from '@attention-oracle/sdk';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { compareRoot, type Finding, type Held, verdictOf } from '../../audit/core/compare-root.ts';
import { rulesOfManifest } from '../../audit/core/manifest.ts';
import { type Rebuilt, rebuildRoot } from '../../audit/core/rebuild-root.ts';
import { Archive } from '../../audit/io/archive.ts';
import { kafkaEventLog } from '../../audit/io/kafka-event-log.ts';
import {
  orUnreadable,
  type RootName,
  rootInDatabase,
  rootOnChain,
  rootOnTopic,
} from '../../audit/io/standing-places.ts';
import { basesText, indexOfEpoch } from '../../domain/epoch-schedule.ts';
import { config as processorConfig, rulesOf } from '../../processors/epoch-roots/config.ts';
import { loadConfig, postgresConfig } from '../../runtime/config.ts';
import { AppError, codeOf, messageOf } from '../../runtime/errors.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { createPool } from '../../runtime/postgres/pool.ts';
import { settlementConfig } from '../../sinks/settlement/config.ts';
import { newestRoot, sayChosen } from '../gateway/newest.ts';
import { type GatewayOptions, withGateway, withGatewayOption } from '../gateway/session.ts';
import { withKafka } from '../kafka/session.ts';
import { epochNumber } from '../options.ts';
import { printJson, printLine, printTable } from '../print.ts';

const PLACES = ['roots', 'postgres', 'chain'] as const;
type Place = (typeof PLACES)[number];

interface VerifyRootOptions extends GatewayOptions {
  channel?: string;
  epoch?: string;
  without: Place[];
  archive?: string;
  json?: boolean;
}

const STATUS = { equal: 0, differs: 1, unknown: 3 } as const;

function places(text: string): Place[] {
  const named = text.split(',').map((place) => place.trim());
  const unknown = named.find((place) => !PLACES.some((known) => known === place));
  if (unknown !== undefined) throw new InvalidArgumentError(`there is no place ${unknown}: take ${PLACES.join(', ')}`);
  return named as Place[];
}

export function addVerifyRootCommand(verify: Command): void {
  withGatewayOption(verify.command('root'))
    .description(
      'build a root again from the event topic alone and compare it with ao.roots.v1, PostgreSQL and the chain; status 1 when one differs, 3 when one cannot be told',
    )
    .option('--channel <name>', 'channel; default: that of the newest settled root, as the gateway serves it')
    .option('--epoch <n>', 'epoch, as the root has it; default: that of the newest settled root', epochNumber)
    .option('--without <places>', `places not to ask, comma separated: ${PLACES.join(', ')}`, places, [])
    .option('--archive <dir>', 'read the events, and the rules, of an archive instead of the topic')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nThe rules are those of the processor: EPOCH_DURATION_SLOTS, EPOCH_BASE, FINALIZE_THRESHOLD_SECS, ROOT_RECIPE, ROOT_ODD_NODE, MINT_PUBKEY.\n\nExample:\n  ao verify root --channel lofi --epoch 912 --without chain --json',
    )
    .action((options: VerifyRootOptions) => verifyRoot(options));
}

async function verifyRoot(options: VerifyRootOptions): Promise<void> {
  const { without, json } = options;
  const { channel: spelt, epoch: number } = await placeOf(options);
  const archive = options.archive === undefined ? undefined : Archive.open(options.archive);
  await archive?.assertWhole();
  const config = loadConfig(processorConfig, process.env);
  const rules =
    archive === undefined ? rulesOf(config) : rulesOfManifest(archive.manifest, config.FINALIZED_DEDUP_EVENTS);
  const name: RootName = { channel: normalizeChannel(spelt), epoch: BigInt(number) };
  const index = indexOfEpoch(rules.schedule, name.epoch);
  if (index === undefined) {
    throw new AppError(
      'ARGUMENT_INVALID',
      `No epoch goes by ${number} under EPOCH_BASE ${basesText(rules.schedule)}: take the number that the root has, or set the base it was made with.`,
    );
  }
  const ask = (place: Place, work: () => Promise<Held>): Promise<Held> =>
    without.includes(place) ? Promise.resolve({ kind: 'left out' }) : orUnreadable(work);
  const wanted = { channel: name.channel, index };
  let rebuilt: Rebuilt | undefined =
    archive === undefined ? undefined : await orUnknown(() => rebuildRoot(archive.eventLog(), rules, wanted));
  let onTopic: Held = { kind: 'left out' };
  try {
    if (rebuilt === undefined || !without.includes('roots'))
      await withKafka(async ({ kafka, settings }) => {
        const codec = await RecordCodec.connect(settings);
        const topics = topicNames(settings);
        const events = kafkaEventLog(kafka, codec, topics.streamEvents);
        rebuilt ??= await orUnknown(() => rebuildRoot(events, rules, wanted));
        onTopic = await ask('roots', () => rootOnTopic(kafka, codec, topics.roots, name));
      });
  } catch (error) {
    if (codeOf(error) === 'CONFIG_INVALID') throw error;
    onTopic = { kind: 'unreadable', reason: messageOf(error) };
  }
  rebuilt ??= { kind: 'unknown', reason: 'the event topic could not be read' };
  const findings = [
    compareRoot(rebuilt, 'ao.roots.v1', onTopic),
    compareRoot(rebuilt, 'postgres', await ask('postgres', () => fromDatabase(name))),
    compareRoot(rebuilt, 'chain', await ask('chain', () => fromChain(name))),
  ];
  const verdict = verdictOf(findings);
  if (json === true)
    printJson({ channel: name.channel, epoch: name.epoch, verdict, rebuilt: summaryOf(rebuilt), findings });
  else show(name, rebuilt, findings, verdict);
  process.exitCode = STATUS[verdict];
}

async function placeOf(options: VerifyRootOptions): Promise<{ channel: string; epoch: string }> {
  const { channel, epoch, archive } = options;
  if (channel !== undefined && epoch !== undefined) return { channel, epoch };
  if (archive !== undefined)
    throw new AppError('OPTION_MISSING', 'Which root of the archive? Say --channel NAME and --epoch N.');
  const root = await withGateway(options, (client) => newestRoot(client, { status: 'SETTLED', channel, epoch }));
  sayChosen(
    `the newest settled root${channel === undefined ? '' : ` of ${channel}`} (${root.channel}, epoch ${root.epoch})`,
  );
  return root;
}

/** What may be a claim and cannot be read now leaves the root unknown. */
async function orUnknown(work: () => Promise<Rebuilt>): Promise<Rebuilt> {
  try {
    return await work();
  } catch (error) {
    return { kind: 'unknown', reason: messageOf(error) };
  }
}

async function fromDatabase(name: RootName): Promise<Held> {
  const pool = createPool(loadConfig(z.object(postgresConfig), process.env), 'ao-verify', silentLogger());
  return rootInDatabase(pool, name).finally(() => pool.end());
}

async function fromChain(name: RootName): Promise<Held> {
  const settings = loadConfig(
    settlementConfig.pick({ ANCHOR_PROVIDER_URL: true, RPC_TIMEOUT_MS: true }).extend({
      AO_PROGRAM_ID: processorConfig.shape.AO_PROGRAM_ID,
      MINT_PUBKEY: processorConfig.shape.MINT_PUBKEY,
    }),
    process.env,
  );
  return rootOnChain(
    {
      urls: settings.ANCHOR_PROVIDER_URL,
      timeoutMs: settings.RPC_TIMEOUT_MS,
      mint: settings.MINT_PUBKEY,
      programId: settings.AO_PROGRAM_ID,
    },
    name,
  );
}

function summaryOf(rebuilt: Rebuilt): unknown {
  return rebuilt.kind === 'root' ? { kind: 'root', ...rebuilt.root, claims: rebuilt.claims.length } : rebuilt;
}

function show({ channel, epoch }: RootName, rebuilt: Rebuilt, findings: readonly Finding[], verdict: string): void {
  printLine(
    rebuilt.kind === 'root'
      ? `The topic gives root ${rebuilt.root.root} over ${rebuilt.root.count} leaves of ${rebuilt.claims.length} claims for channel ${channel}, epoch ${epoch}.`
      : `The topic gives no root for channel ${channel}, epoch ${epoch}: ${rebuilt.reason}.`,
  );
  printTable(
    ['place', 'verdict', 'root', 'why'],
    findings.map((finding) => [finding.place, finding.verdict, finding.root ?? '-', finding.reasons.join('\n')]),
  );
  printLine(verdict === 'unknown' ? 'Not everything that was asked can be told.' : `Verdict: ${verdict}.`);
}
