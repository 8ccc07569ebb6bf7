/** The Postgres sink: events, roots and settlements to tables. See README.md. */

import { countedProtocolState } from '../../domain/protocol-state.ts';
import type { CountingRules } from '../../domain/soundness.ts';
import { epochSchedule } from '../../runtime/config.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { connectTopics } from '../../runtime/kafka/connect.ts';
import { GroupConsumer } from '../../runtime/kafka/consumer.ts';
import { connectProducer } from '../../runtime/kafka/producer.ts';
import { holdTopic } from '../../runtime/kafka/topic-watch.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { createPool } from '../../runtime/postgres/pool.ts';
import type { Role, RoleContext, RunningRole } from '../../runtime/role.ts';
import { waitingFor } from '../../runtime/wait-for.ts';
import { config, type SinkConfig } from './config.ts';
import { ROLE_NAME } from './core/role-name.ts';
import { BatchIntake } from './io/batch-intake.ts';
import { ensurePositions } from './io/ensure-positions.ts';
import { createMetrics } from './io/metrics.ts';
import { noteChain, noteChainLater } from './io/note-chain.ts';
import { PartitionFacts } from './io/partition-facts.ts';
import { PartitionPositions } from './io/partition-positions.ts';
import { refuseOtherNamespace } from './io/refuse-other-namespace.ts';
import { topicWriters } from './io/topic-writers.ts';
import { TreeLoop } from './io/tree-loop.ts';

/** Consumer group, behind KAFKA_NAMESPACE. */
export const SINK_GROUP = 'ao-postgres-sink';

async function start(context: RoleContext<SinkConfig>): Promise<RunningRole> {
  const { config: settings, log, metrics: registry, signal, holds } = context;
  const waitFor = waitingFor(log, signal, holds);
  const kafka = createKafka(settings, ROLE_NAME, log);
  const pool = createPool(settings, ROLE_NAME, log);
  const { topics: names, codec } = await connectTopics(kafka, settings, waitFor, {
    signal,
    onChange: holdTopic(holds),
  });
  const topics = [names.streamEvents, names.roots, names.settlements];
  await waitFor('PostgreSQL', async () => {
    await migrate(pool, settings.DATABASE_SCHEMA, log);
    await refuseOtherNamespace(pool, names);
    await ensurePositions(pool, topics, settings.KAFKA_PARTITIONS);
  });
  const said = { kafka, codec, signal };
  const isChainKnown = await waitFor('the chain of this deployment', () => noteChain(pool, said));
  if (!isChainKnown) void noteChainLater(pool, { ...said, holds, log });
  const producer = await waitFor('Kafka', () => connectProducer(kafka));

  const metrics = createMetrics(registry);
  const trees = new TreeLoop({ pool, streamTopic: names.streamEvents, log, metrics });
  const writers = topicWriters({ names, pool, producer, rules: countingRules(settings), metrics });
  const consumer: GroupConsumer = new GroupConsumer({
    kafka,
    groupId: settings.KAFKA_NAMESPACE + SINK_GROUP,
    topics,
    log,
    holds,
    codec,
    // One connection builds trees, one is to spare.
    partitionsAtOnce: Math.max(1, settings.DATABASE_POOL_SIZE - 2),
    maxBytesPerPartition: settings.SINK_BATCH_BYTES,
    onBatch: (batch) => intake.take(batch),
    onAssigned: (assignment, generation) => void positions.assigned(assignment, generation, signal),
  });
  const positions = new PartitionPositions(pool, consumer, new PartitionFacts(kafka), log);
  const onWritten = (): void => trees.wake();
  const intake = new BatchIntake({ writers, codec, producer, positions, consumer, metrics, log, signal, onWritten });
  await waitFor('Kafka', () => consumer.start());
  trees.start();

  return {
    describe: { group: settings.KAFKA_NAMESPACE + SINK_GROUP, schema: settings.DATABASE_SCHEMA },
    live: () => consumer.isLive(),
    ready: () => ({ kafka: consumer.isJoined(), positions: positions.areSound, database: intake.healthy }),
    async stop() {
      await Promise.all([consumer.stop(), trees.stop()]);
      await producer.disconnect();
      await pool.end();
    },
  };
}

/** What counts, and under which epoch, in this deployment. */
export function countingRules(
  settings: Pick<SinkConfig, 'MINT_PUBKEY' | 'AO_PROGRAM_ID' | 'EPOCH_DURATION_SLOTS' | 'EPOCH_BASE'>,
): CountingRules {
  const { MINT_PUBKEY: mint, AO_PROGRAM_ID: programId } = settings;
  return {
    schedule: epochSchedule(settings),
    protocolState: countedProtocolState(mint, programId),
  };
}

export const role: Role<(typeof config)['shape']> = { name: ROLE_NAME, config, opsPort: 9103, start };
