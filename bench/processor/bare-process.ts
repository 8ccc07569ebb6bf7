/** The least that any reader of the event topic does: the library's consumer, and every record decoded. */

import { z } from 'zod';
import { kafkaConfig, loadConfig } from '../../runtime/config.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { libraryOf } from '../../runtime/kafka/library.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { answerParent } from '../measure/child-process.ts';

answerParent({
  /** @returns seconds from the first batch to the last record. */
  read: async ({ env, records }: { env: Record<string, string>; records: number }) => {
    const settings = loadConfig(z.object(kafkaConfig), env);
    const codec = await RecordCodec.connect(settings);
    const topic = topicNames(settings).streamEvents;
    const consumer = libraryOf(createKafka(settings, 'bare', silentLogger())).consumer({
      groupId: `bare-${process.pid}`,
      maxBytesPerPartition: 4_194_304,
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const done = Promise.withResolvers<number>();
    let [startedMs, read] = [0, 0];
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 6,
      eachBatch: async ({ batch, heartbeat }) => {
        startedMs ||= performance.now();
        for (const { value } of batch.messages) codec.decode(value);
        read += batch.messages.length;
        await heartbeat();
        if (read >= records) done.resolve((performance.now() - startedMs) / 1000);
      },
    });
    const seconds = await done.promise;
    await consumer.disconnect();
    return seconds;
  },
});
