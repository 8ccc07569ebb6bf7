/** Reads records by the schemas of a registry, and registers nothing: for topics that are somebody else's. */

import { AppError } from '../../runtime/errors.ts';
import { type Decoded, foreignReader, type RecordReader, readerFor } from '../../runtime/kafka/record-reader.ts';
import { registeredSchema } from '../../runtime/kafka/schema-source.ts';

export class RegistryDecoder {
  readonly #registryUrl: string;
  readonly #readers = new Map<number, RecordReader>();

  constructor(registryUrl: string, foreignIds: readonly number[]) {
    this.#registryUrl = registryUrl;
    for (const id of foreignIds) this.#readers.set(id, foreignReader(id, 'is named in FOREIGN_SCHEMA_IDS'));
  }

  /** @throws AppError SCHEMA_UNKNOWN, REGISTRY_UNAVAILABLE */
  async prepare(values: Iterable<Buffer | null>): Promise<void> {
    for (const value of values) {
      const id = idOf(value);
      if (id === undefined || this.#readers.has(id)) continue;
      const { avro } = await registeredSchema(this.#registryUrl, id);
      this.#readers.set(id, readerFor(avro, id));
    }
  }

  /** Call `prepare` before. @throws AppError RECORD_MALFORMED, SCHEMA_FOREIGN, SCHEMA_NEWER */
  decode(value: Buffer | null): Decoded {
    const reader = this.#readers.get(idOf(value) ?? -1);
    if (value === null || reader === undefined)
      throw new AppError('RECORD_MALFORMED', 'The value is not an Avro record in the Confluent wire format.');
    return reader.read(value.subarray(5));
  }
}

function idOf(value: Buffer | null): number | undefined {
  return value !== null && value.length >= 5 && value[0] === 0 ? value.readInt32BE(1) : undefined;
}
