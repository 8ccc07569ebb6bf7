import net, { type NetConnectOpts, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Registry } from '@prometheus-io/client';
import { z } from 'zod';
import { TcpGate } from '../../sinks/postgres/testing/tcp-gate.ts';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { until } from '../../tests/testing/until.ts';
import { kafkaConfig, loadConfig } from '../config.ts';
import { Holds } from '../holds.ts';
import { silentLogger } from '../logging.ts';
import { createKafka, type KafkaClient } from './client.ts';
import { GroupConsumer } from './consumer.ts';
import { connectProducer, TransactionalWriter } from './producer.ts';
import { ensureTopics, type TopicNames } from './topics.ts';

const connect = net.connect;
const log = silentLogger();
let gate: TcpGate;
let kafka: KafkaClient;
let topics: TopicNames;

beforeAll(async () => {
  const [broker = ''] = testStack().kafkaBrokers;
  const { hostname: host, port } = new URL(`tcp://${broker}`);
  gate = await TcpGate.open({ host, port: Number(port) });
  // Brokers tell clients where to connect: each connection to the broker goes through the gate all the same.
  const rerouted = (options: NetConnectOpts, listener?: () => void): Socket => {
    const toBroker = 'port' in options && String(options.port) === port;
    return connect(toBroker ? { ...options, host: '127.0.0.1', port: gate.port } : options, listener);
  };
  net.connect = rerouted as typeof net.connect;
  const settings = loadConfig(z.object(kafkaConfig), {
    KAFKA_BROKERS: broker,
    KAFKA_NAMESPACE: `${uniqueName('silent')}.`,
    KAFKA_PARTITIONS: '1',
    KAFKA_SESSION_TIMEOUT_MS: '10000',
  });
  kafka = createKafka(settings, 'silent-test', log);
  topics = await ensureTopics(kafka, settings);
});
afterAll(async () => {
  net.connect = connect;
  await gate.close();
});

it('connections that fall silent without closing are dropped: consumer and producers go on, not ready meanwhile', async () => {
  const values: string[] = [];
  const consumer = new GroupConsumer({
    ...{ kafka, groupId: uniqueName('silent'), topics: [topics.deadLetters], log },
    holds: new Holds(log, new Registry()),
    codec: { understood: async (some) => ({ count: some.length, error: undefined }) },
    async onBatch({ messages }) {
      values.push(...messages.map(({ value }) => String(value)));
    },
  });
  const producer = await connectProducer(kafka);
  const writer = new TransactionalWriter(kafka, uniqueName('silent'));
  await consumer.start();
  await writer.fence();
  const record = (value: string) => ({ topic: topics.deadLetters, key: null, value: Buffer.from(value) });
  await producer.send([record('plain before')]);
  await writer.write([record('transaction before')]);
  await until('both records', () => values.length === 2);
  expect(consumer.isJoined()).toBe(true);

  gate.silence();
  const sent = Promise.all([
    producer.send([record('plain after')]),
    // The outcome of a transaction that nobody answers is unknown: the role fences again and writes again.
    writer.write([record('transaction lost')]).catch(async () => {
      await writer.fence();
      await writer.write([record('transaction after')]);
    }),
  ]);
  await until('readiness says so', () => !consumer.isJoined());
  await sent;
  await until('the plain record', () => values.includes('plain after'));
  await until('the transaction', () => values.some((text) => /^transaction (lost|after)$/.test(text)));
  await until('ready again', () => consumer.isJoined());
  await writer.close();
  await producer.disconnect();
  await consumer.stop();
});
