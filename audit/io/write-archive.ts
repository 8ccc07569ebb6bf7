/** A deployment's topics as files that anybody can read and nobody can change unnoticed. */

import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rules } from '../../processors/epoch-roots/core/rules.ts';
import { AppError, codeOf } from '../../runtime/errors.ts';
import { withAdmin } from '../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../runtime/kafka/codec.ts';
import type { KafkaRecord } from '../../runtime/kafka/records.ts';
import { registeredSchema } from '../../runtime/kafka/schema-source.ts';
import { readToEnd } from '../../runtime/kafka/topic-reader.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import type { ArchivedRecord } from '../../schemas/archived-record.ts';
import { TOPICS, type TopicKey } from '../../schemas/topics.ts';
import {
  ARCHIVE_FORMAT,
  type ArchivedPartition,
  type ArchivedTopic,
  type Manifest,
  manifestRules,
  SlotDigests,
} from '../core/manifest.ts';
import { ContainerWriter } from './container-file.ts';
import { inputOf } from './kafka-event-log.ts';

/** What is derived from others is read before them: nothing in the archive names a record that is not in it. */
const ARCHIVED: readonly TopicKey[] = ['decisions', 'settlements', 'roots', 'deadLetters', 'cursors', 'streamEvents'];

export interface ArchiveRequest {
  readonly kafka: KafkaClient;
  readonly codec: RecordCodec;
  /** Made if it is not there; must be empty. */
  readonly directory: string;
  readonly rules: Rules;
  readonly key: KeyObject;
  readonly createdAt: Date;
  /** Default: all that an archive has. */
  readonly topics?: readonly TopicKey[];
  /** After each topic. */
  readonly onTopic?: (topic: ArchivedTopic) => void;
  /** After each batch that was written, with the number of its records. */
  readonly onRecords?: (records: number) => void;
}

/** @throws AppError ARGUMENT_INVALID; SCHEMA_UNKNOWN, REGISTRY_UNAVAILABLE: a schema that records name cannot be had. */
export async function writeArchive(request: ArchiveRequest): Promise<Manifest> {
  const { kafka, directory, rules, key, createdAt, onTopic, topics: wanted = ARCHIVED } = request;
  await mkdir(directory, { recursive: true });
  if ((await readdir(directory)).length > 0) {
    throw new AppError('ARGUMENT_INVALID', `${directory} is not empty: an archive gets a folder of its own.`);
  }
  const schemaIds = new Set<number>();
  const topics: ArchivedTopic[] = [];
  for (const topicKey of wanted) {
    const topic = await writeTopic(request, topicKey, schemaIds);
    topics.push(topic);
    onTopic?.(topic);
  }
  const schemas = await writeSchemas(kafka, directory, schemaIds);
  return signArchive(directory, key, { createdAt: createdAt.toISOString(), ...manifestRules(rules), schemas, topics });
}

/** Writes the manifest, last: a folder without one is no archive. */
export async function signArchive(
  directory: string,
  key: KeyObject,
  content: Omit<Manifest, 'format' | 'version' | 'publicKey'>,
): Promise<Manifest> {
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  const manifest: Manifest = { format: ARCHIVE_FORMAT, version: 1, publicKey, ...content };
  const bytes = Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`);
  await writeFile(join(directory, 'manifest.sig'), `${sign(null, bytes, key).toString('base64')}\n`);
  await writeFile(join(directory, 'manifest.json'), bytes);
  return manifest;
}

async function writeTopic(
  { kafka, codec, directory, rules, onRecords }: ArchiveRequest,
  topicKey: TopicKey,
  schemaIds: Set<number>,
): Promise<ArchivedTopic> {
  const { name } = TOPICS[topicKey];
  const topic = topicNames(kafka.settings)[topicKey];
  await mkdir(join(directory, name));
  const bounds = await withAdmin(kafka, (admin) => admin.bounds(topic));
  const files = new Map<number, { readonly writer: ContainerWriter; readonly digests: SlotDigests }>();
  for (const partition of bounds.keys()) {
    const writer = await ContainerWriter.create(join(directory, name, fileName(partition)));
    files.set(partition, { writer, digests: new SlotDigests(rules.schedule.durationSlots) });
  }
  const ends = await readToEnd({
    kafka,
    topic,
    onRecords: async (records, partition) => {
      const file = files.get(partition);
      if (file === undefined)
        throw new AppError('PARTITIONS_CHANGED', `${topic} got partition ${partition} meanwhile.`);
      // A digest that leaves records out would name a difference that is none: no registry, no archive.
      if (topicKey === 'streamEvents') await codec.prepare(records.map(({ value }) => value));
      for (const record of records) {
        const id = schemaIdOf(record.value);
        // Values of dead letters are anybody's.
        if (id !== undefined && topicKey !== 'deadLetters') schemaIds.add(id);
        const datum = await file.writer.append(archived(record));
        const slot = topicKey === 'streamEvents' ? slotOf(codec, record.value) : undefined;
        if (slot !== undefined) file.digests.add(slot, datum);
      }
      onRecords?.(records.length);
    },
  });
  const partitions: ArchivedPartition[] = [];
  for (const [partition, { writer, digests }] of files) {
    partitions.push({
      partition,
      file: `${name}/${fileName(partition)}`,
      firstOffset: Number(bounds.get(partition)?.low ?? 0n),
      nextOffset: Number(ends.get(partition) ?? 0n),
      records: writer.records,
      sha256: await writer.close(),
      slots: digests.finish(),
    });
  }
  return { topic: name, partitions };
}

async function writeSchemas(
  { settings }: KafkaClient,
  directory: string,
  ids: ReadonlySet<number>,
): Promise<Manifest['schemas']> {
  const foreign = new Set(settings.FOREIGN_SCHEMA_IDS);
  await mkdir(join(directory, 'schemas'));
  const schemas: Manifest['schemas'] = [];
  for (const id of [...ids].filter((one) => !foreign.has(one)).sort((a, b) => a - b)) {
    const { avro } = await registeredSchema(settings.SCHEMA_REGISTRY_URL, id);
    if (avro !== undefined) schemas.push(await writeSchema(directory, id, avro));
  }
  return schemas;
}

/** @param schema Parsed JSON. */
export async function writeSchema(
  directory: string,
  id: number,
  schema: unknown,
): Promise<Manifest['schemas'][number]> {
  const text = `${JSON.stringify(schema, undefined, 1)}\n`;
  const file = `schemas/${id}.avsc`;
  await writeFile(join(directory, file), text);
  return { id, file, sha256: createHash('sha256').update(text).digest('hex') };
}

function archived({ offset, timestamp, key, value, headers }: KafkaRecord): ArchivedRecord {
  const all = Object.entries(headers ?? {}).flatMap(([name, given]) =>
    [given].flat().map((one) => ({ name, value: one === undefined ? null : Buffer.from(one) })),
  );
  return { offset: Number(offset), timestamp: Number(timestamp), key, value, headers: all };
}

function schemaIdOf(value: Buffer | null): number | undefined {
  return value !== null && value.length >= 5 && value[0] === 0 ? value.readInt32BE(1) : undefined;
}

/** Undefined for a record without one, or that this release does not understand: it is in the file all the same. */
function slotOf(codec: RecordCodec, value: Buffer | null): number | undefined {
  try {
    const slot = inputOf(codec, value)?.value.slot;
    return slot !== undefined && Number.isSafeInteger(slot) && slot >= 0 ? slot : undefined;
  } catch (error) {
    if (codeOf(error) === 'SCHEMA_NEWER') return undefined;
    throw error;
  }
}

function fileName(partition: number): string {
  return `${partition}.avro`;
}
