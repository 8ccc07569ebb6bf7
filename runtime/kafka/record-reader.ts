/** From the Avro body of a record to its value, by the schema of its writer. */

import { couldBeClaim } from '../../domain/possible-claim.ts';
import { type CountedEvent, readCountedEvent } from '../../schemas/counted-event.ts';
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

/** As `Decoded`; of events that this release wrote, only what decides whether they count. */
export type Counted =
  | Exclude<Decoded, { name: 'StreamEvent' }>
  | { readonly name: 'StreamEvent'; readonly value: CountedEvent };

export interface RecordReader {
  /** Throws AppError: RECORD_MALFORMED, SCHEMA_FOREIGN for the dead letters; SCHEMA_NEWER (retryable) for what is held. */
  readonly read: (body: Buffer) => Decoded;
  /** As `read`, of the same records, for what decides whether an event counts. */
  readonly readCounted: (body: Buffer) => Counted;
  /** Whether a record may have to be held, which only reading it tells. */
  readonly mayHold: boolean;
}

const NAMESPACE = fullName('StreamEvent').split('.')[0];

/** Reads what this release wrote. */
export function ownReader(name: RecordName, id: number): RecordReader {
  const read = readerBy(name, id, (body) => ({ value: recordType(name).fromBuffer(body), unknown: [] }));
  if (name !== 'StreamEvent') return { read, readCounted: read, mayHold: false };
  const parts = (body: Buffer): ReadRecord => ({ value: readCountedEvent(body), unknown: [] });
  const readCounted = (body: Buffer): Counted => ({
    name,
    value: attempt(name, id, () => parts(body)).value as CountedEvent,
  });
  return { read, readCounted, mayHold: false };
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
    const read = readerBy(name, id, evolutionOf(recordType(name), writerType(schema)));
    return { read, readCounted: read, mayHold: true };
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
  return { read, readCounted: read, mayHold: error.retryable };
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
