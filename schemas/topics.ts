/** Every topic of the platform, declared once: name, key, records, partitions, retention. */

import type { RecordName } from './records.ts';

/** Partition count of the event, root, settlement and dead-letter topics. Part of the contract: keys map to partitions. */
export const DEFAULT_PARTITIONS = 6;

export interface TopicDeclaration {
  readonly name: string;
  /** What the record key holds. */
  readonly key: string;
  /** Avro records that may stand on the topic; empty where values are raw bytes. */
  readonly records: readonly RecordName[];
  readonly partitions: number;
  /** Broker settings, by their Kafka names. */
  readonly config: Readonly<Record<string, string>>;
}

/** The newest record of a key is enough, and soon: what is read at a start stays short. */
const keepNewest = {
  'cleanup.policy': 'compact',
  'segment.ms': '600000',
  'min.cleanable.dirty.ratio': '0.1',
  'max.compaction.lag.ms': '1200000',
} as const;

const keepForever = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' } as const;

export const TOPICS = {
  streamEvents: {
    name: 'ao.stream-events.v1',
    key: "normalised channel; the protocol-state address where an action has none; the program's id where neither is known",
    records: ['StreamEvent', 'SlotWatermark'],
    partitions: DEFAULT_PARTITIONS,
    config: keepForever,
  },
  roots: {
    name: 'ao.roots.v1',
    key: 'normalised channel',
    records: ['RootFinalized'],
    partitions: DEFAULT_PARTITIONS,
    config: keepForever,
  },
  settlements: {
    name: 'ao.settlements.v1',
    key: 'normalised channel',
    records: ['SettlementRecord'],
    partitions: DEFAULT_PARTITIONS,
    config: keepForever,
  },
  decisions: {
    name: 'ao.settlement-decisions.v1',
    key: 'normalised channel',
    records: ['SettlementDecision'],
    // One order for all of them.
    partitions: 1,
    config: keepForever,
  },
  deadLetters: {
    name: 'ao.dead-letters.v1',
    key: 'key of the original record',
    records: [],
    partitions: DEFAULT_PARTITIONS,
    config: keepForever,
  },
  cursors: {
    name: 'ao.cursors.v1',
    key: 'listener id',
    records: ['Cursor'],
    partitions: 1,
    // A listener reads its cursors back at each start: some hundreds, not all since a segment of a gigabyte began.
    config: keepNewest,
  },
  processorState: {
    name: 'ao.processor-state.v1',
    key: 'number of a part of the snapshot; the partition is that of the events',
    records: [],
    partitions: DEFAULT_PARTITIONS,
    config: keepNewest,
  },
} as const satisfies Record<string, TopicDeclaration>;

export type TopicKey = keyof typeof TOPICS;
