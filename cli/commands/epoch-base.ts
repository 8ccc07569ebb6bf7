/** `ao epoch-base`: whether the numbers of our epochs stand above what the program's rings hold, and how they get there. */

import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { basesText, type EpochBases } from '../../domain/epoch-schedule.ts';
import { epochConfig, epochSchedule, loadConfig } from '../../runtime/config.ts';
import { AppError } from '../../runtime/errors.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { commitForGroup } from '../../runtime/kafka/commit-for-group.ts';
import { BASE_CHANGE_MARK } from '../../runtime/kafka/replay-mark.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import type { NumberingSurvey } from '../../sinks/settlement/core/numbering.ts';
import { confirm } from '../confirm.ts';
import { type KafkaSession, withKafka } from '../kafka/session.ts';
import { printJson, printLine } from '../print.ts';

const PROCESSOR_GROUP = 'ao-epoch-roots';
const STOPPED_GROUPS = [PROCESSOR_GROUP, 'ao-settlement'];
const SINK_GROUP = 'ao-postgres-sink';

interface ChangeOptions {
  to: bigint;
  later?: boolean;
  fromSlot?: number;
  dryRun?: boolean;
  yes?: boolean;
}

function base(text: string): bigint {
  if (!/^\d{1,19}$/.test(text)) throw new InvalidArgumentError('a base is a whole number');
  return BigInt(text);
}

function slot(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a slot is a whole number');
  return Number(text);
}

export function addEpochBaseCommand(program: Command): void {
  const command = program.command('epoch-base').description('the numbers of epochs against the rings of the program');
  command
    .command('check')
    .description('compare EPOCH_BASE with the ring of every channel of MINT_PUBKEY; status 1 when it is too low')
    .option('--json', 'one JSON object')
    .action((options: { json?: boolean }) => withKafka((session) => check(session, options.json === true)));
  command
    .command('change')
    .description(
      'number epochs from another base: every one while no root of ours is on chain (roots are emitted again), afterwards later ones (--later)',
    )
    .requiredOption('--to <base>', 'the new base, a multiple of 10; first numbers must be above every ring', base)
    .option('--later', 'only epochs that nobody has read an event of yet; prints the EPOCH_BASE to set')
    .option('--from-slot <slot>', 'with --later: first slot of the first such epoch; default: the next one', slot)
    .option('--dry-run', 'say whether it can be done, change nothing')
    .option('--yes', 'do not ask')
    .action((options: ChangeOptions) => withKafka((session) => change(session, options)));
}

async function surveyed(session: KafkaSession): Promise<{ survey: NumberingSurvey; configured: EpochBases }> {
  const { settlementConfig } = await import('../../sinks/settlement/config.ts');
  const { surveyFor, tellRings } = await import('../../sinks/settlement/io/survey-numbering.ts');
  const config = loadConfig(settlementConfig, process.env);
  const codec = await RecordCodec.connect(config);
  const survey = await surveyFor({ kafka: session.kafka, codec, config, signal: new AbortController().signal });
  if (survey.roots.length === 0) await tellRings(session.kafka, config, survey);
  return { survey, configured: config.EPOCH_BASE };
}

async function check(session: KafkaSession, asJson: boolean): Promise<void> {
  const { baseInForce, publishedRoots, ringAbove, baseTooLow } = await import(
    '../../sinks/settlement/core/numbering.ts'
  );
  const { survey, configured } = await surveyed(session);
  const inForce = baseInForce(survey.roots, configured.base);
  const above = ringAbove(survey, inForce);
  const begun = publishedRoots(survey).length > 0;
  if (asJson) {
    printJson({ base: inForce, channels: survey.rings.size, begun, requiredBase: above?.required ?? null });
  } else if (above === undefined)
    printLine(`EPOCH_BASE ${inForce} stands above the rings of ${survey.rings.size} channels.`);
  else if (begun) {
    printLine(
      `Epoch ${above.epoch} in the ring of ${above.account} is at or above the base ${inForce}, and roots of ours are on chain: roots that this ring refuses are held. Epochs to come can be numbered above it: \`ao epoch-base change --later\`.`,
    );
  } else printLine(baseTooLow(above, inForce).message);
  if (above !== undefined) process.exitCode = 1;
}

async function change(session: KafkaSession, options: ChangeOptions): Promise<void> {
  if (options.later !== true && options.fromSlot !== undefined) {
    throw new AppError('OPTION_INVALID', '--from-slot goes with --later: without it every epoch is numbered anew.');
  }
  await (options.later === true ? changeLater(session, options) : changeAll(session, options));
}

async function assertStopped({ admin, settings }: KafkaSession, groups: readonly string[]): Promise<void> {
  for (const group of groups) {
    const members = await admin.memberCount(settings.KAFKA_NAMESPACE + group);
    if (members > 0) {
      throw new AppError(
        'GROUP_ACTIVE',
        `${group} has ${members} running members. Stop ${groups.join(', ')} first: all must start again with the same EPOCH_BASE.`,
      );
    }
  }
}

/** The setting is the change: processor and checkpoint take it when it leaves what is sealed as it was. */
async function changeLater(session: KafkaSession, { to, fromSlot, dryRun }: ChangeOptions): Promise<void> {
  if (dryRun !== true) await assertStopped(session, [...STOPPED_GROUPS, SINK_GROUP]);
  const { survey, configured } = await surveyed(session);
  const { laterBase, linesOfLaterBase } = await import('../../sinks/settlement/core/later-base.ts');
  const { EPOCH_DURATION_SLOTS } = loadConfig(z.object(epochConfig), process.env);
  const schedule = epochSchedule({ EPOCH_DURATION_SLOTS, EPOCH_BASE: configured });
  const later = laterBase(survey, schedule, { to, fromSlot });
  for (const line of linesOfLaterBase(later)) printLine(line);
  printLine(
    dryRun === true
      ? `It would be EPOCH_BASE=${basesText(later.schedule)}, for processor, sink and settlement.`
      : `Now set EPOCH_BASE=${basesText(later.schedule)} for processor, sink and settlement, and start them before slot ${later.fromSlot} is finalised, or leave them stopped until it is set.`,
  );
}

async function changeAll(session: KafkaSession, { to, dryRun, yes }: ChangeOptions): Promise<void> {
  const { kafka, admin, settings } = session;
  const { assertChangeable } = await import('../../sinks/settlement/core/numbering.ts');
  if (dryRun !== true) await assertStopped(session, STOPPED_GROUPS);
  const { survey } = await surveyed(session);
  const { linesOf, renumbering } = await import('../../sinks/settlement/core/renumbering.ts');
  for (const line of renumbering(survey, to).flatMap(linesOf)) printLine(line);
  assertChangeable(survey, to);
  printLine(
    `None of the ${survey.roots.length} roots that were emitted is on chain, by the ledger and by the rings of ${survey.rings.size} channels: no claim can be paid twice.`,
  );
  if (dryRun === true) return;
  if (yes !== true && !(await confirm(`Emit every root again, from base ${to} on?`))) return;
  const topic = topicNames(settings).streamEvents;
  const metadata = `${BASE_CHANGE_MARK}${to}:${randomUUID()}`;
  const moves = [...(await admin.bounds(topic))].map(([partition, { low }]) => ({ partition, offset: low, metadata }));
  await commitForGroup(kafka, settings.KAFKA_NAMESPACE + PROCESSOR_GROUP, topic, moves);
  const highest = survey.roots.reduce((most, { epoch }) => (epoch > most ? epoch : most), 0n);
  printLine(
    `Now set EPOCH_BASE=${to} for processor, sink and settlement, replay the sink (\`ao replay --group ao-postgres-sink --topic ao.stream-events.v1 --to-beginning\`), and pass the former numbers over where the rings refuse them: SETTLEMENT_GIVE_UP=*:${highest}.`,
  );
}
