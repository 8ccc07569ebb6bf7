/** The consumer and Avro alone: what reading the topic costs before anything is done with it. */

import { z } from 'zod';
import { kafkaConfig, loadConfig } from '../../runtime/config.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { followTopic } from '../../runtime/kafka/topic-reader.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { answerParent } from '../measure/child-process.ts';

answerParent({
  /** Reads and decodes so many records of the topic from its beginning. */
  consume: async ({ env, topic, records }: { env: Record<string, string>; topic: string; records: number }) => {
    const settings = loadConfig(z.object(kafkaConfig), env);
    const codec = await RecordCodec.connect(settings);
    let left = records;
    const follower = await followTopic({
      kafka: createKafka(settings, 'bench-bare', silentLogger()),
      topic,
      onRecords: (some) => {
        for (const { value } of some) if (value !== null) codec.decode(value);
        left -= some.length;
        return left > 0;
      },
    });
    await follower.ended;
    await follower.stop();
  },
});
