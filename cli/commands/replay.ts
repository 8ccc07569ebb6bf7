/** `ao replay`: let a consumer group read a topic again from a time, an offset or the beginning. */

import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import { AppError } from '../../runtime/errors.ts';
import { commitForGroup } from '../../runtime/kafka/commit-for-group.ts';
import { REPLAY_MARK } from '../../runtime/kafka/replay-mark.ts';
import { confirm } from '../confirm.ts';
import { type KafkaSession, withKafka } from '../kafka/session.ts';
import { printJson, printLine, printTable } from '../print.ts';

interface ReplayOptions {
  group: string;
  topic: string;
  toBeginning?: boolean;
  toTime?: string;
  toOffset?: string;
  partition?: string;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

interface Move {
  readonly partition: number;
  /** Next offset now; undefined where nothing is committed. */
  readonly from: bigint | undefined;
  readonly to: bigint;
  readonly end: bigint;
}

export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .description('move a stopped consumer group to the beginning, a time or an offset of a topic')
    .requiredOption('--group <id>', 'consumer group, e.g. ao-postgres-sink')
    .requiredOption('--topic <name>', 'topic, e.g. ao.stream-events.v1')
    .addOption(new Option('--to-beginning', 'every record that the topic holds').conflicts(['toTime', 'toOffset']))
    .addOption(
      new Option('--to-time <iso>', 'the first record at or after an instant, ISO 8601').conflicts(['toOffset']),
    )
    .option('--to-offset <n>', 'an offset; with --partition, else of every partition')
    .option('--partition <n>', 'only this partition')
    .option('--dry-run', 'show the moves, change nothing')
    .option('--yes', 'do not ask')
    .option('--json', 'one JSON array of moves')
    .action((options: ReplayOptions) => withKafka((session) => replay(session, options)));
}

async function replay(session: KafkaSession, options: ReplayOptions): Promise<void> {
  const { admin, settings } = session;
  const groupId = options.group.startsWith(settings.KAFKA_NAMESPACE)
    ? options.group
    : settings.KAFKA_NAMESPACE + options.group;
  const topic = options.topic.startsWith(settings.KAFKA_NAMESPACE)
    ? options.topic
    : settings.KAFKA_NAMESPACE + options.topic;
  const moves = await plannedMoves(session, groupId, topic, options);
  const rows = moves.map((move) => ({ ...move, from: move.from?.toString() ?? '-' }));
  if (options.json === true) printJson(rows);
  else
    printTable(
      ['partition', 'now', 'becomes', 'end'],
      rows.map((move) => [move.partition, move.from, move.to, move.end]),
    );
  if (options.dryRun === true) return;

  const members = await admin.memberCount(groupId);
  if (members > 0) {
    throw new AppError(
      'GROUP_ACTIVE',
      `${groupId} has ${members} running members. Stop them, replay, start them again.`,
    );
  }
  if (options.yes !== true && !(await confirm(`Move ${groupId} on ${topic}?`))) return;
  const metadata = `${REPLAY_MARK}${randomUUID()}`;
  const partitions = moves.map(({ partition, to }) => ({ partition, offset: to, metadata }));
  await commitForGroup(session.kafka, groupId, topic, partitions);
  if (options.json !== true) printLine(`${groupId} reads ${topic} again from there at its next start.`);
}

async function plannedMoves(
  { admin }: KafkaSession,
  groupId: string,
  topic: string,
  options: ReplayOptions,
): Promise<Move[]> {
  const bounds = await admin.bounds(topic);
  const committed = (await admin.committed(groupId, [topic])).get(topic);
  if (options.partition !== undefined && !bounds.has(Number(options.partition)))
    throw new AppError(
      'ARGUMENT_INVALID',
      `${topic} has no partition ${options.partition}: --partition takes one of 0 to ${bounds.size - 1}.`,
    );
  const atTime = options.toTime === undefined ? undefined : await admin.offsetsAt(topic, instant(options.toTime));
  return [...bounds]
    .filter(([partition]) => options.partition === undefined || partition === Number(options.partition))
    .map(([partition, { low, high }]) => {
      const wanted = target(options, low, atTime?.get(partition));
      const to = wanted < low ? low : wanted > high ? high : wanted;
      return { partition, from: committed?.get(partition)?.offset, to, end: high };
    });
}

function target(options: ReplayOptions, low: bigint, atTime: bigint | undefined): bigint {
  if (options.toBeginning === true) return low;
  if (atTime !== undefined) return atTime;
  if (options.toOffset !== undefined && /^\d+$/.test(options.toOffset)) return BigInt(options.toOffset);
  throw new AppError(
    'ARGUMENT_INVALID',
    'Say where to: --to-beginning, --to-time <iso> or --to-offset <whole number>.',
  );
}

function instant(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw new AppError(
      'ARGUMENT_INVALID',
      `--to-time takes an instant in ISO 8601, e.g. 2026-01-31T12:00:00Z, not ${text}.`,
    );
  return ms;
}
