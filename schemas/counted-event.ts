/** The parts of a StreamEvent that decide what counts, read without the rest: a processor reads millions, and forgets what it does not need. */

import avro from 'avsc';
import { recordType, type StreamEvent, schemaText, TYPE_OPTIONS } from './records.ts';

type Data = StreamEvent['instruction']['data'];

export interface CountedEvent
  extends Pick<
    StreamEvent,
    'eventId' | 'slot' | 'signature' | 'channel' | 'protocolState' | 'succeeded' | 'commitment' | 'retracted' | 'source'
  > {
  readonly tx: Pick<StreamEvent['tx'], 'blockTime'>;
  readonly instruction: Pick<StreamEvent['instruction'], 'action'> & {
    readonly data: Pick<Data, 'claimer' | 'epoch' | 'amount' | 'id'>;
  };
}

/**
 * Texts, bytes and booleans alone: a number that nobody can hold is refused with its record, whoever reads it, and the library passes
 * over a list of a negative length for ever.
 */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  StreamEvent: ['timestamp', 'channelAsSeen', 'raw'],
  TransactionSummary: ['version', 'feePayer', 'error'],
  Instruction: ['program', 'name'],
  InstructionData: ['root', 'requireReceipt', 'mintReceipt'],
};

interface Schema {
  readonly type?: unknown;
  readonly name?: string;
  readonly fields?: readonly (Schema & { readonly name: string })[];
}

function withoutLeftOut(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutLeftOut);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { name = '', fields, type } = schema as Schema;
  const kept = fields?.filter((field) => LEFT_OUT[name]?.includes(field.name) !== true);
  if (kept !== undefined) return { ...schema, fields: kept.map(withoutLeftOut) };
  return { ...schema, type: withoutLeftOut(type) };
}

let read: ((body: Buffer) => CountedEvent) | undefined;

/** @throws Error where the whole record cannot be read either. */
export function readCountedEvent(body: Buffer): CountedEvent {
  read ??= reader();
  return read(body);
}

function reader(): (body: Buffer) => CountedEvent {
  const schema = withoutLeftOut(JSON.parse(schemaText('StreamEvent'))) as avro.Schema;
  const type = avro.Type.forSchema(schema, { ...TYPE_OPTIONS });
  const resolver = type.createResolver(recordType('StreamEvent'));
  return (body) => type.fromBuffer(body, resolver) as CountedEvent;
}
