/** The epoch-roots processor: events and watermarks in, one root a channel and epoch out, exactly once. */

import { setTimeout as delay } from 'node:timers/promises';
import { createKafka } from '../../runtime/kafka/client.ts';
import { connectTopics } from '../../runtime/kafka/connect.ts';
import type { Role } from '../../runtime/role.ts';
import { waitingFor } from '../../runtime/wait-for.ts';
import { config, rulesOf } from './config.ts';
import { type PartitionGauges, ProcessorMetrics } from './io/metrics.ts';
import { NumberingCheck } from './io/numbering-check.ts';
import { ROLE_NAME } from './io/outbox.ts';
import { EpochRootsProcessor } from './io/processor.ts';

const GROUP = 'ao-epoch-roots';

export const role: Role<typeof config.shape> = {
  name: ROLE_NAME,
  config,
  opsPort: 9102,
  async start({ config: settings, log, metrics: registry, signal, holds, fail }) {
    const waitFor = waitingFor(log, signal, holds);
    const kafka = createKafka(settings, GROUP, log);
    const { topics, codec } = await connectTopics(kafka, settings, waitFor, { signal, onChange: fail });
    const rules = rulesOf(settings);
    const numbering = { schedule: rules.schedule, programId: settings.AO_PROGRAM_ID, mint: settings.MINT_PUBKEY };
    const check = new NumberingCheck({ kafka, topics, numbering, log });
    await waitFor('the numbers of the rings', () => check.atStart());
    const groupId = settings.KAFKA_NAMESPACE + GROUP;
    const metrics = new ProcessorMetrics(registry, (): PartitionGauges[] => processor.gauges());
    const processor: EpochRootsProcessor = new EpochRootsProcessor({
      kafka,
      codec,
      topics,
      metrics,
      log,
      holds,
      signal,
      fail,
      groupId,
      rules,
      assertNumbering: () => check.assertPassed(),
      transactionalId: (partition) => `${groupId}-${partition}`,
      partitionsAtOnce: settings.KAFKA_PARTITIONS,
      checkpointIntervalMs: settings.CHECKPOINT_INTERVAL_MS,
      now: Date.now,
      wait: (ms) => delay(ms, undefined, { signal }),
    });
    await waitFor('the consumer group', () => processor.start());
    return {
      describe: { group: groupId, topic: topics.streamEvents },
      live: () => processor.isLive,
      ready: () => ({ kafka: processor.isJoined, restored: processor.isRestored }),
      stop: () => processor.stop(),
    };
  },
};
