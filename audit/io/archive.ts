/** An archive on disk: opened only when its signature holds, read only as its digests say. */

import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { type Decoded, foreignReader, type RecordReader, readerFor } from '../../runtime/kafka/record-reader.ts';
import type { ArchivedRecord } from '../../schemas/archived-record.ts';
import { TOPICS } from '../../schemas/topics.ts';
import type { EventLog } from '../core/event-log.ts';
import {
  type ArchivedPartition,
  type ArchivedTopic,
  archiveInvalid,
  type Manifest,
  parseManifest,
} from '../core/manifest.ts';
import { readContainer } from './container-file.ts';
import { inputOf } from './kafka-event-log.ts';
import { fingerprintOf } from './signing-key.ts';

export class Archive {
  readonly directory: string;
  readonly manifest: Manifest;
  /** Fingerprint of the key that signed it. */
  readonly signer: string;
  readonly #readers = new Map<number, RecordReader>();

  private constructor(directory: string, manifest: Manifest, signer: string) {
    this.directory = directory;
    this.manifest = manifest;
    this.signer = signer;
  }

  /**
   * @param trusted Whose signature is taken; without one that of the key in the manifest: then only damage is found out.
   * @throws AppError ARCHIVE_INVALID
   */
  static open(directory: string, trusted?: KeyObject): Archive {
    const bytes = read(directory, 'manifest.json');
    const signature = Buffer.from(read(directory, 'manifest.sig').toString('latin1'), 'base64');
    const manifest = parseManifest(bytes.toString('utf8'));
    const named = publicKeyOf(manifest);
    const key = trusted ?? named;
    if (!verify(null, bytes, key, signature)) {
      throw archiveInvalid(
        `its manifest is not signed by ${fingerprintOf(key)}; the key it names is ${fingerprintOf(named)}`,
      );
    }
    return new Archive(directory, manifest, fingerprintOf(key));
  }

  /** @throws AppError ARCHIVE_INVALID where the archive has no such topic. */
  topic(name: string): ArchivedTopic {
    const found = this.manifest.topics.find(({ topic }) => topic === name);
    if (found === undefined) throw archiveInvalid(`it holds no topic ${name}`);
    return found;
  }

  /** Compares every file with its digest. @throws AppError ARCHIVE_INVALID for the first that differs or is missing. */
  async assertWhole(): Promise<void> {
    const files = [...this.manifest.schemas, ...this.manifest.topics.flatMap(({ partitions }) => partitions)];
    for (const { file, sha256 } of files) {
      const found = await digestOf(join(this.directory, file));
      if (found !== sha256) throw archiveInvalid(`${file} is not the file that was signed`);
    }
  }

  /** Parsed JSON; undefined where the archive does not have it. */
  schema(id: number): unknown {
    const schema = this.manifest.schemas.find((one) => one.id === id);
    return schema === undefined ? undefined : JSON.parse(read(this.directory, schema.file).toString('utf8'));
  }

  /** Every record of a partition, in the order of its offsets. @throws AppError ARCHIVE_INVALID */
  async *records({ file, records: expected }: ArchivedPartition): AsyncGenerator<ArchivedRecord> {
    let records = 0;
    try {
      for await (const record of readContainer(join(this.directory, file))) {
        records += 1;
        yield record;
      }
    } catch (error) {
      throw archiveInvalid(`${file} cannot be read: ${messageOf(error)}`);
    }
    if (records !== expected) throw archiveInvalid(`${file} holds ${records} records, not ${expected}`);
  }

  /** @throws AppError RECORD_MALFORMED, SCHEMA_FOREIGN, SCHEMA_NEWER */
  decode(value: Buffer | null): Decoded {
    if (value === null || value.length < 5 || value[0] !== 0) {
      throw new AppError('RECORD_MALFORMED', 'The value is not an Avro record in the Confluent wire format.');
    }
    const id = value.readInt32BE(1);
    const reader = this.#readers.get(id) ?? this.#readerOf(id);
    this.#readers.set(id, reader);
    return reader.read(value.subarray(5));
  }

  #readerOf(id: number): RecordReader {
    const schema = this.schema(id);
    if (schema === undefined)
      return foreignReader(id, 'is not in the archive: its deployment takes it for none of the platform');
    return readerFor(schema, id);
  }

  /** Its event topic. */
  eventLog(): EventLog {
    const { partitions } = this.topic(TOPICS.streamEvents.name);
    return {
      read: async (onRecord, wanted) => {
        for (const one of partitions) {
          const { partition } = one;
          if (wanted?.has(partition) === false) continue;
          for await (const { offset, value } of this.records(one)) {
            onRecord({ partition, offset, input: inputOf(this, value) });
          }
        }
        return { firstOffsets: new Map(partitions.map(({ partition, firstOffset }) => [partition, firstOffset])) };
      },
    };
  }
}

function publicKeyOf({ publicKey }: Manifest): KeyObject {
  try {
    return createPublicKey(publicKey);
  } catch (error) {
    throw archiveInvalid(`the key that its manifest names is none: ${messageOf(error)}`);
  }
}

function read(directory: string, file: string): Buffer {
  try {
    return readFileSync(join(directory, file));
  } catch {
    throw archiveInvalid(`${join(directory, file)} cannot be read`);
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch {
    throw archiveInvalid(`${path} cannot be read`);
  }
  return hash.digest('hex');
}
