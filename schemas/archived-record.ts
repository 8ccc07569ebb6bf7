/** The record of an archive's container files: schema text, avsc type and TypeScript type. */

import { readFileSync } from 'node:fs';
import avro from 'avsc';

/** A record of a Kafka partition as it stood there, byte for byte. */
export interface ArchivedRecord {
  readonly offset: number;
  /** Milliseconds since the Unix epoch. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly headers: readonly { readonly name: string; readonly value: Buffer | null }[];
  readonly value: Buffer | null;
}

export const ARCHIVED_RECORD_SCHEMA = readFileSync(new URL('./archived-record.avsc', import.meta.url), 'utf8');

export const archivedRecordType = avro.Type.forSchema(JSON.parse(ARCHIVED_RECORD_SCHEMA) as avro.Schema, {
  wrapUnions: 'never',
});
