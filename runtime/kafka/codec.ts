/** Avro records in the Confluent wire format: magic byte 0, schema id (4 bytes, big endian), Avro body. */

import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type avro from 'avsc';
import {
  fullName,
  RECORD_NAMES,
  type RecordName,
  type Records,
  recordType,
  schemaText,
  TYPE_OPTIONS,
} from '../../schemas/records.ts';
import { TOPICS, type TopicKey } from '../../schemas/topics.ts';
import { AppError, messageOf } from '../errors.ts';
import type { KafkaSettings } from './client.ts';
import { isUnsettledCompatibility, requireBackward } from './subject-compatibility.ts';
import { topicNames } from './topics.ts';

/** A decoded record, tagged by its name. */
export type Decoded = { [Name in RecordName]: { readonly name: Name; readonly value: Records[Name] } }[RecordName];

interface Reader {
  readonly name: RecordName;
  readonly writer: avro.Type;
  readonly resolver: unknown;
}

/** The subject under which a record of a topic is registered (topic and record name, so that a topic may hold several records). */
export function subjectOf(topic: string, record: RecordName): string {
  return `${topic}-${fullName(record)}`;
}

/** Every process of a new deployment may be registering the same subjects at the same time. */
const REGISTER_ATTEMPTS = 10;

export class RecordCodec {
  readonly #registry: SchemaRegistry;
  readonly #registryUrl: string;
  readonly #ids = new Map<RecordName, Buffer>();
  readonly #readers = new Map<number, Reader | AppError>();

  private constructor(registry: SchemaRegistry, registryUrl: string) {
    this.#registry = registry;
    this.#registryUrl = registryUrl;
  }

  /**
   * Registers every declared record (idempotent) with compatibility BACKWARD.
   * @throws AppError SCHEMA_INCOMPATIBLE when the registry refuses one, REGISTRY_UNAVAILABLE (retryable) when it does not answer.
   */
  static async connect(settings: Pick<KafkaSettings, 'SCHEMA_REGISTRY_URL' | 'KAFKA_NAMESPACE'>): Promise<RecordCodec> {
    const url = new URL(settings.SCHEMA_REGISTRY_URL);
    const auth =
      url.username === ''
        ? undefined
        : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
    url.username = '';
    url.password = '';
    const registry = new SchemaRegistry(
      { host: url.toString().replace(/\/$/, ''), ...(auth === undefined ? {} : { auth }), retry: { retries: 2 } },
      { [SchemaType.AVRO]: { ...TYPE_OPTIONS } },
    );
    const codec = new RecordCodec(registry, settings.SCHEMA_REGISTRY_URL);
    const names = topicNames(settings);
    for (const [key, topic] of Object.entries(TOPICS)) {
      for (const record of topic.records) await codec.#register(subjectOf(names[key as TopicKey], record), record);
    }
    return codec;
  }

  async #register(subject: string, record: RecordName): Promise<void> {
    try {
      const id = await this.#registerOnce(subject, record);
      const header = Buffer.alloc(5);
      header.writeInt32BE(id, 1);
      this.#ids.set(record, header);
      this.#readers.set(id, reader(recordType(record)));
    } catch (cause) {
      if (statusOf(cause) === 409) {
        throw new AppError(
          'SCHEMA_INCOMPATIBLE',
          `The registry refuses ${subject}: the change is not backward compatible. ${messageOf(cause)}`,
          { cause },
        );
      }
      throw unavailable(cause);
    }
  }

  /** The library's register is several requests; another process between them makes it fail although nothing is wrong. */
  async #registerOnce(subject: string, record: RecordName): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { id } = await this.#registry.register(
          { type: SchemaType.AVRO, schema: schemaText(record) },
          { subject, compatibility: COMPATIBILITY.BACKWARD },
        );
        return id;
      } catch (error) {
        if (attempt === REGISTER_ATTEMPTS || !isUnsettledCompatibility(error)) throw error;
        await requireBackward(this.#registryUrl, subject);
      }
    }
  }

  /** @throws AppError RECORD_INVALID when the value does not fit its schema: a bug of the writer. */
  encode<Name extends RecordName>(name: Name, value: Records[Name]): Buffer {
    const header = this.#ids.get(name);
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
   * @throws AppError REGISTRY_UNAVAILABLE (retryable). An id that the registry does not know is no error here; `decode` tells.
   */
  async prepare(values: Iterable<Buffer | null>): Promise<void> {
    const missing = new Set<number>();
    for (const value of values) {
      const id = schemaId(value);
      if (id !== undefined && !this.#readers.has(id)) missing.add(id);
    }
    for (const id of missing) {
      const found = await this.#fetch(id);
      // An unknown id may be registered later by its writer: not remembered beyond this batch.
      this.#readers.set(id, found);
    }
  }

  async #fetch(id: number): Promise<Reader | AppError> {
    try {
      return reader((await this.#registry.getSchema(id)) as unknown as avro.Type, id);
    } catch (cause) {
      if (cause instanceof AppError) return cause;
      if (statusOf(cause) === 404)
        return new AppError('SCHEMA_UNKNOWN', `The registry has no schema ${id}.`, {
          context: { schemaId: id },
          cause,
        });
      throw unavailable(cause);
    }
  }

  /** @throws AppError RECORD_MALFORMED, SCHEMA_UNKNOWN: the record belongs into the dead-letter topic. Call `prepare` before. */
  decode(value: Buffer | null): Decoded {
    const id = schemaId(value);
    if (value === null || id === undefined) {
      throw new AppError(
        'RECORD_MALFORMED',
        'The value is not an Avro record in the Confluent wire format (magic byte 0 and a schema id).',
      );
    }
    const found = this.#readers.get(id);
    if (found === undefined || found instanceof AppError) {
      this.#readers.delete(id);
      throw found ?? new AppError('SCHEMA_UNKNOWN', `Schema ${id} was not prepared.`, { context: { schemaId: id } });
    }
    try {
      const type = recordType(found.name);
      return { name: found.name, value: type.fromBuffer(value.subarray(5), found.resolver as never) as never };
    } catch (cause) {
      throw new AppError('RECORD_MALFORMED', `The value does not decode as ${found.name}: ${messageOf(cause)}`, {
        context: { schemaId: id },
        cause,
      });
    }
  }
}

function reader(writer: avro.Type, id?: number): Reader {
  const name = RECORD_NAMES.find((candidate) => fullName(candidate) === writer.name);
  if (name === undefined) {
    throw new AppError(
      'SCHEMA_UNKNOWN',
      `Schema ${id ?? ''} is ${writer.name ?? 'unnamed'}, which is no record of this platform.`,
      { context: { schemaId: id } },
    );
  }
  const own = recordType(name);
  if (own === writer || own.equals(writer)) return { name, writer, resolver: undefined };
  try {
    return { name, writer, resolver: own.createResolver(writer) };
  } catch (cause) {
    throw new AppError('SCHEMA_UNKNOWN', `Schema ${id ?? ''} cannot be read as ${name}: ${messageOf(cause)}`, {
      context: { schemaId: id },
      cause,
    });
  }
}

function schemaId(value: Buffer | null): number | undefined {
  return value !== null && value.length >= 5 && value[0] === 0 ? value.readInt32BE(1) : undefined;
}

function statusOf(error: unknown): number | undefined {
  return (error as { status?: number } | null)?.status;
}

function unavailable(cause: unknown): AppError {
  return new AppError('REGISTRY_UNAVAILABLE', `The schema registry does not answer as it should: ${messageOf(cause)}`, {
    retryable: true,
    cause,
  });
}
