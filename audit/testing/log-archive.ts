/** Archives of logs that no broker ever held: one partition a log. */

import { generateKeyPairSync } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input } from '../../processors/epoch-roots/core/partition-state.ts';
import type { Rules } from '../../processors/epoch-roots/core/rules.ts';
import { recordType, schemaText } from '../../schemas/records.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { type ArchivedPartition, manifestRules } from '../core/manifest.ts';
import { ContainerWriter } from '../io/container-file.ts';
import { signArchive, writeSchema } from '../io/write-archive.ts';

const SCHEMA_IDS = { StreamEvent: 7, SlotWatermark: 8 } as const;

/** The bytes of a record; undefined for what no writer can put on the wire. */
export function bytesOf({ name, value }: Input): Buffer | undefined {
  const header = Buffer.alloc(5);
  header.writeInt32BE(SCHEMA_IDS[name], 1);
  try {
    return Buffer.concat([header, recordType(name).toBuffer(value)]);
  } catch {
    return undefined;
  }
}

/** @param logs Records of each partition; their places are the offsets. */
export async function writeLogArchive(
  directory: string,
  rules: Rules,
  logs: Iterable<Iterable<Buffer>>,
): Promise<void> {
  const { name: topic } = TOPICS.streamEvents;
  for (const folder of ['schemas', topic]) await mkdir(join(directory, folder), { recursive: true });
  const schemas = [];
  for (const name of ['StreamEvent', 'SlotWatermark'] as const)
    schemas.push(await writeSchema(directory, SCHEMA_IDS[name], JSON.parse(schemaText(name))));
  const partitions: ArchivedPartition[] = [];
  for (const log of logs) {
    const partition = partitions.length;
    const file = `${topic}/${partition}.avro`;
    const writer = await ContainerWriter.create(join(directory, file));
    for (const value of log) {
      await writer.append({ offset: writer.records, timestamp: 0, key: null, headers: [], value });
    }
    const { records } = writer;
    const sha256 = await writer.close();
    partitions.push({ partition, file, firstOffset: 0, nextOffset: records, records, sha256, slots: [] });
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  const topics = [{ topic, partitions }];
  await signArchive(directory, privateKey, {
    createdAt: '2026-01-01T00:00:00Z',
    ...manifestRules(rules),
    schemas,
    topics,
  });
}
