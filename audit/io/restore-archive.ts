/** The topics of an archive, written into a Kafka that has lost them: every record at the offset that it had. */

import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../runtime/errors.ts';
import { type KafkaAdmin, withAdmin } from '../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import { subjectOf } from '../../runtime/kafka/codec.ts';
import { type PlacedRecord, PlacedWriter } from '../../runtime/kafka/placed-writer.ts';
import { Registration } from '../../runtime/kafka/registration.ts';
import { registeredSchema } from '../../runtime/kafka/schema-source.ts';
import { ensureTopics, type TopicNames } from '../../runtime/kafka/topics.ts';
import type { ArchivedRecord } from '../../schemas/archived-record.ts';
import { RECORD_NAMES, type RecordName, schemaText } from '../../schemas/records.ts';
import { TOPICS, type TopicKey } from '../../schemas/topics.ts';
import type { ArchivedPartition, ArchivedTopic } from '../core/manifest.ts';
import type { Archive } from './archive.ts';

export interface RestoredTopic {
  readonly topic: string;
  readonly records: number;
}

/**
 * @throws AppError ARGUMENT_INVALID when a topic holds records: nothing is restored over what is there; PARTITIONS_CHANGED;
 * ARCHIVE_INVALID; TOPIC_CUT; SCHEMA_INCOMPATIBLE, REGISTRY_UNAVAILABLE
 */
export async function restoreArchive(
  kafka: KafkaClient,
  archive: Archive,
  onTopic: (topic: RestoredTopic) => void,
  onRecord?: () => void,
): Promise<RestoredTopic[]> {
  await archive.assertWhole();
  const names = await ensureTopics(kafka, kafka.settings);
  const wanted = archive.manifest.topics.map((one) => ({ one, key: keyOf(one.topic) }));
  await withAdmin(kafka, async (admin) => {
    for (const { one, key } of wanted) await refuseUsed(admin, names[key], one);
  });
  const schemaIds = await registerSchemas(kafka, archive, names);
  const writer = await PlacedWriter.connect(kafka);
  const restored: RestoredTopic[] = [];
  try {
    for (const { one, key } of wanted) {
      const topic = { topic: names[key], records: one.partitions.reduce((sum, { records }) => sum + records, 0) };
      for (const partition of one.partitions)
        await writePartition(writer, { archive, topic: names[key], partition, schemaIds, key, onRecord });
      restored.push(topic);
      onTopic(topic);
    }
  } finally {
    await writer.close();
  }
  return restored;
}

function keyOf(name: string): TopicKey {
  const found = (Object.keys(TOPICS) as TopicKey[]).find((key) => TOPICS[key].name === name);
  if (found !== undefined) return found;
  throw new AppError(
    'ARCHIVE_INVALID',
    `The archive holds a topic ${name} that this release does not have: use a newer one.`,
  );
}

async function refuseUsed(admin: KafkaAdmin, topic: string, { partitions }: ArchivedTopic): Promise<void> {
  const bounds = await admin.bounds(topic);
  if (bounds.size !== partitions.length)
    throw new AppError(
      'PARTITIONS_CHANGED',
      `Topic ${topic} has ${bounds.size} partitions, the archive ${partitions.length}: set KAFKA_PARTITIONS to that, for new topics.`,
    );
  const used = [...bounds].find(([, { high }]) => high > 0n);
  if (used === undefined) return;
  throw new AppError(
    'ARGUMENT_INVALID',
    `Topic ${topic} holds records (partition ${used[0]} ends at ${used[1].high}): nothing is restored over what is there. Where a restore was broken off, delete the topics; else set another KAFKA_NAMESPACE.`,
  );
}

/** The id that each archived schema has in the registry of now, which may be another one. */
async function registerSchemas(
  { settings }: KafkaClient,
  archive: Archive,
  names: TopicNames,
): Promise<ReadonlyMap<number, number>> {
  const ids = new Map<number, number>();
  const registration = new Registration(settings.SCHEMA_REGISTRY_URL);
  // Older ones have lower ids: each is held to those before it.
  for (const { id } of [...archive.manifest.schemas].sort((a, b) => a.id - b.id)) {
    const schema = archive.schema(id) as { readonly name?: string };
    const known = await registeredSchema(settings.SCHEMA_REGISTRY_URL, id).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'SCHEMA_UNKNOWN') return undefined;
      throw error;
    });
    const record = RECORD_NAMES.find((name) => name === schema.name);
    if (isDeepStrictEqual(known?.avro, schema)) ids.set(id, id);
    else if (record !== undefined) ids.set(id, await registerOne(registration, names, record, schema));
  }
  return ids;
}

async function registerOne(
  registration: Registration,
  names: TopicNames,
  record: RecordName,
  schema: unknown,
): Promise<number> {
  const own = schemaText(record);
  // By its own text, a schema of this release gets the id that the roles give it.
  const text = isDeepStrictEqual(JSON.parse(own), schema) ? own : JSON.stringify(schema);
  const topics = (Object.keys(TOPICS) as TopicKey[]).filter((key) =>
    (TOPICS[key].records as readonly RecordName[]).includes(record),
  );
  let id = 0;
  for (const key of topics) id = await registration.registerText(subjectOf(names[key], record), text);
  return id;
}

interface PartitionToWrite {
  readonly archive: Archive;
  readonly topic: string;
  readonly partition: ArchivedPartition;
  readonly schemaIds: ReadonlyMap<number, number>;
  readonly key: TopicKey;
  readonly onRecord: (() => void) | undefined;
}

async function writePartition(
  writer: PlacedWriter,
  { archive, topic, partition, schemaIds, key, onRecord }: PartitionToWrite,
): Promise<void> {
  async function* records(): AsyncGenerator<PlacedRecord> {
    for await (const { value, headers, ...record } of archive.records(partition)) {
      // Values of dead letters are as they came in.
      const now = key === 'deadLetters' ? value : withSchemaId(value, schemaIds);
      onRecord?.();
      yield { ...record, value: now, ...(headers.length === 0 ? {} : { headers: headersOf(headers) }) };
    }
  }
  const { firstOffset: first, nextOffset: next } = partition;
  await writer.write(topic, partition.partition, records(), { first, next });
}

function withSchemaId(value: Buffer | null, schemaIds: ReadonlyMap<number, number>): Buffer | null {
  if (value === null || value.length < 5 || value[0] !== 0) return value;
  const id = schemaIds.get(value.readInt32BE(1));
  if (id === undefined) return value;
  const written = Buffer.from(value);
  written.writeInt32BE(id, 1);
  return written;
}

function headersOf(headers: ArchivedRecord['headers']): Record<string, Buffer[]> {
  const all: Record<string, Buffer[]> = {};
  for (const { name, value } of headers) if (value !== null) (all[name] ??= []).push(value);
  return all;
}
