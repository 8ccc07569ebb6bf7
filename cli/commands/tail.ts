/** `ao tail`: the records of a topic, decoded, one JSON line each. */

import type { Command } from 'commander';
import { AppError, codeOf, messageOf } from '../../runtime/errors.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { followTopic, readToEnd, type TopicReading } from '../../runtime/kafka/topic-reader.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { withKafka } from '../kafka/session.ts';
import { printJson, printLine } from '../print.ts';

interface TailOptions {
  fromBeginning?: boolean;
  follow: boolean;
  limit?: string;
}

export function addTailCommand(program: Command): void {
  program
    .command('tail')
    .description('print the records of a topic (e.g. ao.roots.v1), decoded, one JSON line each')
    .argument('[topic]', 'name, without the namespace; default: lists the topics')
    .option('--from-beginning', 'everything that is there, first')
    .option('--no-follow', 'stop at what is there now')
    .option('--limit <n>', 'stop after n records')
    .action(async (topic: string | undefined, options: TailOptions) => {
      await withKafka(async (session) => {
        const known = Object.values(topicNames(session.settings));
        if (topic === undefined) {
          process.stderr.write('ao: name one of these topics:\n');
          known.forEach(printLine);
          return;
        }
        const name = known.find(
          (candidate) => candidate === session.settings.KAFKA_NAMESPACE + topic || candidate === topic,
        );
        if (name === undefined)
          throw new AppError('ARGUMENT_INVALID', `There is no topic ${topic}: take one of ${known.join(', ')}.`);
        const codec = await RecordCodec.connect(session.settings);
        let left = options.limit === undefined ? Number.POSITIVE_INFINITY : Number(options.limit);
        if (!(left > 0))
          throw new AppError('ARGUMENT_INVALID', `--limit takes a whole number above 0, not ${options.limit}.`);
        const reading: TopicReading = {
          kafka: session.kafka,
          topic: name,
          others: options.fromBeginning === true || !options.follow ? 'beginning' : 'end',
          onRecords: async (records, partition) => {
            for (const { offset, key, value } of records) {
              printJson({ partition, offset, key: key?.toString() ?? null, ...(await describe(codec, value)) });
              left -= 1;
              if (left <= 0) return false;
            }
            return true;
          },
        };
        if (options.follow) await follow(reading);
        else await readToEnd(reading);
      });
    });
}

async function follow(reading: TopicReading): Promise<void> {
  const follower = await followTopic(reading);
  process.once('SIGINT', () => void follower.stop());
  await follower.ended.finally(() => follower.stop());
}

async function describe(codec: RecordCodec, value: Buffer | null): Promise<Record<string, unknown>> {
  try {
    await codec.prepare([value]);
    const { name, value: record } = codec.decode(value);
    return { record: name, value: record };
  } catch (error) {
    return { error: codeOf(error), message: messageOf(error), raw: value?.toString('base64') ?? null };
  }
}
