/** `ao tail`: the records of a topic, decoded, one JSON line each. */

import type { Command } from 'commander';
import { codeOf, messageOf } from '../../runtime/errors.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { readTopic } from '../kafka/read-topic.ts';
import { withKafka } from '../kafka/session.ts';
import { printJson } from '../print.ts';

interface TailOptions {
  fromBeginning?: boolean;
  follow: boolean;
  limit?: string;
}

export function addTailCommand(program: Command): void {
  program
    .command('tail')
    .description('print the records of a topic (e.g. ao.roots.v1), decoded, one JSON line each')
    .argument('<topic>', 'name, without the namespace')
    .option('--from-beginning', 'everything that is there, first')
    .option('--no-follow', 'stop at what is there now')
    .option('--limit <n>', 'stop after n records')
    .action(async (topic: string, options: TailOptions) => {
      await withKafka(async (session) => {
        const codec = await RecordCodec.connect(session.settings);
        const known = Object.values(topicNames(session.settings));
        const name = known.find(
          (candidate) => candidate === session.settings.KAFKA_NAMESPACE + topic || candidate === topic,
        );
        if (name === undefined) throw new Error(`no topic ${topic}; one of ${known.join(', ')}`);
        let left = options.limit === undefined ? Number.POSITIVE_INFINITY : Number(options.limit);
        const stop = new AbortController();
        process.once('SIGINT', () => stop.abort());
        await readTopic(session, {
          topic: name,
          fromBeginning: options.fromBeginning === true || !options.follow,
          follow: options.follow,
          signal: stop.signal,
          onRecord: async ({ partition, message }) => {
            printJson({
              partition,
              offset: message.offset,
              key: message.key?.toString() ?? null,
              ...(await describe(codec, message.value)),
            });
            left -= 1;
            return left > 0;
          },
        });
      });
    });
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
