/** Avro records in the Confluent wire format: magic byte 0, schema id (4 bytes, big endian), Avro body. */

import { fullName, type RecordName, type Records, recordType } from '../../schemas/records.ts';
import { TOPICS, type TopicKey } from '../../schemas/topics.ts';
import { AppError, messageOf } from '../errors.ts';
import type { KafkaSettings } from './client.ts';
import { type Counted, type Decoded, foreignReader, ownReader, type RecordReader, readerFor } from './record-reader.ts';
import { Registration } from './registration.ts';
import { registeredSchema } from './schema-source.ts';
import { topicNames } from './topics.ts';

export type { Decoded } from './record-reader.ts';

export type RegistrySettings = Pick<KafkaSettings, 'SCHEMA_REGISTRY_URL' | 'KAFKA_NAMESPACE'> &
  Partial<Pick<KafkaSettings, 'FOREIGN_SCHEMA_IDS'>>;

/** The subject under which a record of a topic is registered (topic and record name, so that a topic may hold several records). */
export function subjectOf(topic: string, record: RecordName): string {
  return `${topic}-${fullName(record)}`;
}

const EMPTY = Buffer.alloc(0);

export class RecordCodec {
  readonly #registryUrl: string;
  readonly #headers = new Map<RecordName, Buffer>();
  readonly #readers = new Map<number, RecordReader>();

  private constructor(settings: RegistrySettings) {
    this.#registryUrl = settings.SCHEMA_REGISTRY_URL;
    for (const id of settings.FOREIGN_SCHEMA_IDS ?? []) {
      this.#readers.set(id, foreignReader(id, 'is named in FOREIGN_SCHEMA_IDS'));
    }
  }

  /**
   * Registers every declared record (idempotent) with compatibility BACKWARD.
   * @throws AppError SCHEMA_INCOMPATIBLE when the registry refuses one, REGISTRY_UNAVAILABLE (retryable) when it does not answer.
   */
  static async connect(settings: RegistrySettings): Promise<RecordCodec> {
    const codec = new RecordCodec(settings);
    const registration = new Registration(settings.SCHEMA_REGISTRY_URL);
    const names = topicNames(settings);
    for (const [key, topic] of Object.entries(TOPICS)) {
      for (const record of topic.records) {
        const id = await registration.register(subjectOf(names[key as TopicKey], record), record);
        const header = Buffer.alloc(5);
        header.writeInt32BE(id, 1);
        codec.#headers.set(record, header);
        codec.#readers.set(id, ownReader(record, id));
      }
    }
    return codec;
  }

  /** @throws AppError RECORD_INVALID when the value does not fit its schema: a bug of the writer. */
  encode<Name extends RecordName>(name: Name, value: Records[Name]): Buffer {
    const header = this.#headers.get(name);
    if (header === undefined) throw new AppError('RECORD_INVALID', `No schema is registered for ${name}.`);
    try {
      return Buffer.concat([header, recordType(name).toBuffer(value)]);
    } catch (cause) {
      throw new AppError('RECORD_INVALID', `A value does not fit the schema of ${name}: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  /**
   * Fetches the writer schemas of a batch of values, so that `decode` needs no waiting.
   * @throws AppError SCHEMA_UNKNOWN, REGISTRY_UNAVAILABLE (both retryable): at least one of the values cannot be read now.
   */
  async prepare(values: Iterable<Buffer | null>): Promise<void> {
    for (const value of values) {
      const id = schemaId(value);
      if (id !== undefined && !this.#readers.has(id)) {
        const { avro } = await registeredSchema(this.#registryUrl, id);
        this.#readers.set(id, readerFor(avro, id));
      }
    }
  }

  /**
   * Call `prepare` before.
   * @throws AppError RECORD_MALFORMED, SCHEMA_FOREIGN: the record belongs into the dead-letter topic; SCHEMA_NEWER (retryable): it
   * may be a claim and must wait for a release that understands it.
   */
  decode(value: Buffer | null): Decoded {
    return this.#readerOf(value).read(bodyOf(value));
  }

  /** As `decode`, for who needs of an event only what decides whether it counts: half the time of the whole. */
  decodeCounted(value: Buffer | null): Counted {
    return this.#readerOf(value).readCounted(bodyOf(value));
  }

  #readerOf(value: Buffer | null): RecordReader {
    const id = schemaId(value);
    if (id === undefined) {
      throw new AppError(
        'RECORD_MALFORMED',
        'The value is not an Avro record in the Confluent wire format (magic byte 0 and a schema id).',
      );
    }
    const reader = this.#readers.get(id);
    if (reader === undefined) {
      throw new AppError('UNEXPECTED', `Schema ${id} was not prepared before a record of it was decoded.`, {
        retryable: true,
        context: { schemaId: id },
      });
    }
    return reader;
  }

  /**
   * How many of the values, from the first on, can be read or put aside now, and what keeps the next one from it: a registry
   * that does not answer, a schema that it does not know, a record that only a newer release understands.
   */
  async understood(values: readonly (Buffer | null)[]): Promise<{ count: number; error: AppError | undefined }> {
    for (const [count, value] of values.entries()) {
      try {
        await this.prepare([value]);
        if (this.#readers.get(schemaId(value) ?? -1)?.mayHold === true) this.decode(value);
      } catch (error) {
        if (error instanceof AppError && error.retryable) return { count, error };
        // What is put aside is none that is held.
        if (!(error instanceof AppError)) throw error;
      }
    }
    return { count: values.length, error: undefined };
  }
}

/** Behind magic byte and schema id. */
function bodyOf(value: Buffer | null): Buffer {
  return (value ?? EMPTY).subarray(5);
}

function schemaId(value: Buffer | null): number | undefined {
  return value !== null && value.length >= 5 && value[0] === 0 ? value.readInt32BE(1) : undefined;
}
