/** From the Avro body of a record to its value, by the schema of its writer. */

import { couldBeClaim } from '../../domain/possible-claim.ts';
import { evolutionOf, type ReadRecord, UnreadablePart } from '../../schemas/evolution.ts';
import {
  fullName,
  RECORD_NAMES,
  type RecordName,
  type Records,
  recordType,
  schemaText,
} from '../../schemas/records.ts';
import { fullNameOf, writerType, writesTheSame } from '../../schemas/writer-type.ts';
import { AppError, messageOf } from '../errors.ts';

/** A decoded record, tagged by its name. */
export type Decoded = { [Name in RecordName]: { readonly name: Name; readonly value: Records[Name] } }[RecordName];

export interface RecordReader {
  /** Throws AppError: RECORD_MALFORMED, SCHEMA_FOREIGN for the dead letters; SCHEMA_NEWER (retryable) for what is held. */
  readonly read: (body: Buffer) => Decoded;
  /** Whether a record may have to be held, which only reading it tells. */
  readonly mayHold: boolean;
}

const NAMESPACE = fullName('StreamEvent').split('.')[0];

/** Reads what this release wrote. */
export function ownReader(name: RecordName, id: number): RecordReader {
  const read = readerBy(name, id, (body) => ({ value: recordType(name).fromBuffer(body), unknown: [] }));
  return { read, mayHold: false };
}

/** @param schema Parsed JSON of the writer's schema; undefined: none of Avro. */
export function readerFor(schema: unknown, id: number): RecordReader {
  const written = fullNameOf(schema);
  const name = RECORD_NAMES.find((candidate) => fullName(candidate) === written);
  if (name === undefined) {
    return written?.startsWith(`${NAMESPACE}.`)
      ? refusing(newer(id, `its record ${written} is unknown to this release`))
      : foreignReader(id, `is ${written ?? 'no record'}, which is none of this platform's`);
  }
  if (writesTheSame(schema, JSON.parse(schemaText(name)))) return ownReader(name, id);
  try {
    return { read: readerBy(name, id, evolutionOf(recordType(name), writerType(schema))), mayHold: true };
  } catch (cause) {
    return refusing(newer(id, messageOf(cause)));
  }
}

/** Of a schema whose records are nobody's of this platform. */
export function foreignReader(id: number, why: string): RecordReader {
  return refusing(new AppError('SCHEMA_FOREIGN', `Schema ${id} ${why}.`, { context: { schemaId: id } }));
}

function refusing(error: AppError): RecordReader {
  const read = (): never => {
    throw error;
  };
  return { read, mayHold: error.retryable };
}

function readerBy(name: RecordName, id: number, read: (body: Buffer) => ReadRecord): RecordReader['read'] {
  return (body) => {
    const record = { name, ...attempt(name, id, () => read(body)) };
    const decoded = { name, value: record.value } as Decoded;
    for (const { path, symbol } of record.unknown) {
      if (decoded.name === 'StreamEvent' && couldBeClaim(decoded.value, symbol))
        throw newer(id, `${path} is ${symbol}, which this release does not know and which may be a claim`);
    }
    return decoded;
  };
}

function attempt(name: RecordName, id: number, read: () => ReadRecord): ReadRecord {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof UnreadablePart) throw newer(id, cause.message);
    throw new AppError('RECORD_MALFORMED', `The value does not decode as ${name}: ${messageOf(cause)}`, {
      context: { schemaId: id },
      cause,
    });
  }
}

function newer(id: number, why: string): AppError {
  return new AppError(
    'SCHEMA_NEWER',
    `A record of schema ${id} was written by a newer release: ${why}. Run that release here; the record waits.`,
    { retryable: true, context: { schemaId: id } },
  );
}
