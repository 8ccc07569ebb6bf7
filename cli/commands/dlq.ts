/** `ao dlq`: what could not be processed, trying it again, and saying that it was seen. */

import type { Command } from 'commander';
import { DEAD_LETTER_HEADERS } from '../../runtime/kafka/dead-letters.ts';
import { connectProducer } from '../../runtime/kafka/producer.ts';
import type { KafkaRecord, OutgoingRecord } from '../../runtime/kafka/records.ts';
import { markLettersSeen, unseenLetters } from '../../runtime/kafka/seen-letters.ts';
import { readToEnd } from '../../runtime/kafka/topic-reader.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { type KafkaSession, withKafka } from '../kafka/session.ts';
import { printJson, printLine, printTable } from '../print.ts';

interface DeadLetter {
  readonly at: string;
  readonly code: string;
  readonly role: string;
  /** As its headers say; empty or null where they do not. */
  readonly origin: { readonly topic: string; readonly partition: number | null; readonly offset: string };
  readonly message: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

interface DlqOptions {
  code?: string;
  json?: boolean;
  dryRun?: boolean;
}

export function addDlqCommand(program: Command): void {
  const dlq = program
    .command('dlq')
    .description('list dead letters, write them to their topic again, or mark them as seen');
  dlq
    .command('list')
    .option('--code <code>', 'only this error code, e.g. LATE_EVENT')
    .option('--json', 'one JSON line each, with the raw bytes')
    .action(async (options: DlqOptions) => {
      const letters = await withKafka((session) => readLetters(session, options.code));
      if (options.json === true) {
        for (const { key, value, ...letter } of letters) {
          printJson({ ...letter, key: key?.toString() ?? null, value: value?.toString('base64') ?? null });
        }
      } else if (letters.length === 0) printLine('there is no dead letter');
      else {
        printTable(
          ['at', 'code', 'role', 'topic', 'partition', 'offset', 'what'],
          letters.map(({ at, code, role, origin, message }) => [
            at,
            code,
            role,
            origin.topic,
            origin.partition ?? '-',
            origin.offset,
            message.slice(0, 80),
          ]),
        );
      }
    });
  dlq
    .command('retry')
    .description('write dead letters to the topic that they came from; consumers remove what they know already')
    .requiredOption('--code <code>', 'only this error code')
    .option('--dry-run', 'only say what would be written')
    .action(async (options: DlqOptions) => {
      await withKafka((session) => retry(session, options));
    });
  dlq
    .command('ack')
    .description('mark the dead letters that are there now as seen, which ends their alarm; they stay on the topic')
    .action(async () => {
      await withKafka(async ({ kafka, admin }) => {
        const unseen = await unseenLetters(kafka, admin);
        await markLettersSeen(kafka, admin);
        printLine(`marked ${unseen} dead letters as seen`);
      });
    });
}

/** Writes what can be written again, and says of the rest why it stays; status 1 when something stays. */
async function retry(session: KafkaSession, options: DlqOptions): Promise<void> {
  const topics = new Set(Object.values(topicNames(session.settings)));
  const records: OutgoingRecord[] = [];
  for (const letter of await readLetters(session, options.code)) {
    const record = recordOf(letter, topics);
    if (typeof record !== 'string') {
      records.push(record);
      continue;
    }
    process.stderr.write(`ao: not written again: ${record}; it stays among the dead letters\n`);
    process.exitCode = 1;
  }
  if (options.dryRun !== true) {
    const producer = await connectProducer(session.kafka);
    await producer.send(records).finally(() => producer.disconnect());
  }
  printLine(`${options.dryRun === true ? 'would write' : 'wrote'} ${records.length} records again`);
}

/** The record that a letter says it was, else why there is none; a guess would give it to the partition of other channels. */
function recordOf({ at, role, origin, key, value }: DeadLetter, topics: ReadonlySet<string>): OutgoingRecord | string {
  const { topic, partition, offset } = origin;
  if (!topics.has(topic)) return `the letter of ${at} names no topic of this deployment ("${topic}")`;
  const [, endpoint] = /^webhooks\/(.+)$/.exec(role) ?? [];
  if (endpoint !== undefined)
    return `${topic} ${partition}:${offset} is for the endpoint ${endpoint} alone (npx ao webhooks redeliver ${endpoint})`;
  if (partition === null || wholeNumber(offset) === null)
    return `the letter of ${at} does not say which record of ${topic} it was (partition ${partition}, offset "${offset}")`;
  if (value === null) return `${topic} ${partition}:${offset} is empty, and would delete what its key stands for`;
  return { topic, partition, key, value };
}

async function readLetters(session: KafkaSession, code: string | undefined): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  await readToEnd({
    kafka: session.kafka,
    topic: topicNames(session.settings).deadLetters,
    onRecords: (records) => {
      letters.push(...records.map(parse).filter((letter) => code === undefined || letter.code === code));
    },
  });
  return letters;
}

function wholeNumber(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function parse(message: KafkaRecord): DeadLetter {
  const header = (name: string): string => message.headers?.[name]?.toString() ?? '';
  return {
    at: new Date(Number(header(DEAD_LETTER_HEADERS.at) || message.timestamp)).toISOString(),
    code: header(DEAD_LETTER_HEADERS.code),
    role: header(DEAD_LETTER_HEADERS.role),
    origin: {
      topic: header(DEAD_LETTER_HEADERS.topic),
      partition: wholeNumber(header(DEAD_LETTER_HEADERS.partition)),
      offset: header(DEAD_LETTER_HEADERS.offset),
    },
    message: header(DEAD_LETTER_HEADERS.message),
    key: message.key,
    value: message.value,
  };
}
