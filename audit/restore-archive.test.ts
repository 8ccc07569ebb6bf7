/** The topics of an archive in a Kafka that has none of them. */

import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { z } from 'zod';
import { config as processorConfig, rulesOf } from '../processors/epoch-roots/config.ts';
import { kafkaConfig, loadConfig } from '../runtime/config.ts';
import { withAdmin } from '../runtime/kafka/admin.ts';
import { createKafka, type KafkaClient } from '../runtime/kafka/client.ts';
import { RecordCodec } from '../runtime/kafka/codec.ts';
import { TransactionalWriter } from '../runtime/kafka/producer.ts';
import type { KafkaRecord } from '../runtime/kafka/records.ts';
import { readToEnd } from '../runtime/kafka/topic-reader.ts';
import { ensureTopics } from '../runtime/kafka/topics.ts';
import { silentLogger } from '../runtime/logging.ts';
import { testStack, uniqueName } from '../tests/testing/stack.ts';
import { Archive } from './io/archive.ts';
import { restoreArchive } from './io/restore-archive.ts';
import { writeArchive } from './io/write-archive.ts';

const dir = mkdtempSync(join(tmpdir(), 'ao-restore-topics-'));
const rules = rulesOf(loadConfig(processorConfig, { KAFKA_BROKERS: 'none:1', SCHEMA_REGISTRY_URL: 'http://none' }));
const { privateKey: key } = generateKeyPairSync('ed25519');

function deployment(): KafkaClient {
  const { kafkaBrokers, registryUrl } = testStack();
  const settings = loadConfig(z.object(kafkaConfig), {
    KAFKA_BROKERS: kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: registryUrl,
    KAFKA_NAMESPACE: `${uniqueName('restore')}.`,
    KAFKA_PARTITIONS: '2',
  });
  return createKafka(settings, 'test', silentLogger());
}

async function recordsOf(kafka: KafkaClient, topic: string): Promise<Map<number, KafkaRecord[]>> {
  const found = new Map<number, KafkaRecord[]>();
  await readToEnd({
    kafka,
    topic,
    onRecords: (records, partition) => {
      found.set(partition, [...(found.get(partition) ?? []), ...records]);
    },
  });
  return found;
}

const shown = (records: Map<number, KafkaRecord[]>) =>
  [...records]
    .sort(([a], [b]) => a - b)
    .map(([partition, list]) => [
      partition,
      list.map(({ offset, timestamp, key: name, value, headers }) => [
        ...[offset, timestamp, name?.toString(), value?.toString('hex')],
        Object.entries(headers ?? {}).map(([header, text]) => `${header}=${String(text)}`),
      ]),
    ]);

let first: KafkaClient;
let codec: RecordCodec;

beforeAll(async () => {
  first = deployment();
  const names = await ensureTopics(first, first.settings);
  codec = await RecordCodec.connect(first.settings);
  const watermark = (slot: number): Buffer =>
    codec.encode('SlotWatermark', {
      ...{ source: 'a', fromSlot: 0, slot, blockTime: slot, method: 'signature-walk' },
      ...{ signatures: 0, endpoint: 'x' },
    });
  const writers = [0, 1].map((n) => new TransactionalWriter(first, `${first.settings.KAFKA_NAMESPACE}w${n}`));
  for (const writer of writers) await writer.fence();
  const write = (n: number, partition: number, ...slots: number[]): Promise<unknown> | undefined =>
    writers[n]?.write(
      slots.map((slot) => ({
        ...{ topic: names.streamEvents, partition, key: `k${slot}`, value: watermark(slot) },
        headers: { by: `w${n}` },
      })),
    );
  // Two transactions at a time in a partition: their ends stand side by side, or between the records of the other.
  for (let round = 0; round < 12; round += 1)
    await Promise.all([write(0, 0, round, round + 100), write(1, 0, round + 200, round + 300, round + 400)]);
  await write(0, 1, 1);
  // One that is given up leaves records that nobody reads.
  const givenUp = ['a', 'b'].map((name) => ({
    ...{ topic: names.streamEvents, partition: 0, key: name, value: watermark(9) },
  }));
  const offsets = (): never => {
    throw new Error('given up');
  };
  await writers[1]?.write(givenUp, { id: 'none', offsets }).catch(() => undefined);
  await writers[0]?.write([{ topic: names.streamEvents, partition: 0, key: 'last', value: watermark(10) }]);
  await writers[0]?.write([{ topic: names.decisions, partition: 0, key: 'raw', value: Buffer.from([1, 2]) }]);
  // A compacted topic, with the end of a transaction between its records.
  for (const key of ['north', 'south'])
    await writers[0]?.write([{ topic: names.cursors, partition: 0, key, value: Buffer.from([1, 2]) }]);
  for (const writer of writers) await writer.close();
  await writeArchive({ kafka: first, codec, directory: join(dir, 'archive'), rules, key, createdAt: new Date() });
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('gives every record its offset, time, key, value and headers again, and ends where the topic ended, or one further on', async () => {
  const second = deployment();
  const archive = Archive.open(join(dir, 'archive'));
  const restored = await restoreArchive(second, archive, () => undefined);
  expect(restored.reduce((sum, { records }) => sum + records, 0)).toBe(12 * 5 + 1 + 1 + 1 + 2);
  const [from, to] = [await ensureTopics(first, first.settings), await ensureTopics(second, second.settings)];
  for (const topic of ['streamEvents', 'decisions', 'cursors'] as const) {
    expect(shown(await recordsOf(second, to[topic]))).toEqual(shown(await recordsOf(first, from[topic])));
    const endsOf = async (kafka: KafkaClient, name: string): Promise<number[]> =>
      withAdmin(kafka, async (admin) =>
        [...(await admin.bounds(name))].sort(([a], [b]) => a - b).map(([, { high }]) => Number(high)),
      );
    const [ends, former] = [await endsOf(second, to[topic]), await endsOf(first, from[topic])];
    expect(
      ends.map((end, partition) => end - (former[partition] ?? 0)).filter((more) => more !== 0 && more !== 1),
    ).toEqual([]);
  }
  await expect(restoreArchive(second, archive, () => undefined)).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
    message: expect.stringMatching(/nothing is restored over what is there/),
  });
});
