/** The Avro records by name: schema, avsc type and TypeScript type. */

import { readFileSync } from 'node:fs';
import avro from 'avsc';
import { TimestampMillisLogicalType, U64LogicalType } from './logical-types.ts';
import type {
  Cursor,
  RootFinalized,
  SettlementDecision,
  SettlementRecord,
  SlotWatermark,
  StreamEvent,
} from './records.generated.ts';

export type * from './records.generated.ts';

/** Record name to the TypeScript type of its values. */
export interface Records {
  StreamEvent: StreamEvent;
  SlotWatermark: SlotWatermark;
  RootFinalized: RootFinalized;
  SettlementRecord: SettlementRecord;
  SettlementDecision: SettlementDecision;
  Cursor: Cursor;
}
export type RecordName = keyof Records;

const FILES: Record<RecordName, string> = {
  StreamEvent: 'stream-event.avsc',
  SlotWatermark: 'slot-watermark.avsc',
  RootFinalized: 'root-finalized.avsc',
  SettlementRecord: 'settlement-record.avsc',
  SettlementDecision: 'settlement-decision.avsc',
  Cursor: 'cursor.avsc',
};

export const RECORD_NAMES = Object.keys(FILES) as RecordName[];

/** Options under which every schema, ours or a writer's, becomes an avsc type. */
export const TYPE_OPTIONS: Parameters<typeof avro.Type.forSchema>[1] = {
  logicalTypes: { u64: U64LogicalType, 'timestamp-millis': TimestampMillisLogicalType },
};

/** The schema text of a record, as it stands in avro/. */
export function schemaText(name: RecordName): string {
  return readFileSync(new URL(`./avro/${FILES[name]}`, import.meta.url), 'utf8');
}

const types = new Map<RecordName, avro.Type>();

/** The reader's avsc type of a record. Built once. */
export function recordType(name: RecordName): avro.Type {
  let type = types.get(name);
  if (type === undefined) {
    type = avro.Type.forSchema(JSON.parse(schemaText(name)) as avro.Schema, { ...TYPE_OPTIONS });
    types.set(name, type);
  }
  return type;
}

/** The full Avro name, e.g. attentionoracle.StreamEvent. */
export function fullName(name: RecordName): string {
  return `attentionoracle.${name}`;
}
