/** Records as they are read from a topic, and as they are written to one. */

export type RecordHeaders = Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;

/** A record of a partition. */
export interface KafkaRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Decimal. */
  readonly offset: string;
  /** Milliseconds since the Unix epoch, decimal. */
  readonly timestamp: string;
  readonly headers?: RecordHeaders | undefined;
}

/** A record to write. Without a partition the key decides (murmur2, as the Java client does). */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: string | Buffer | null;
  readonly value: Buffer | null;
  readonly partition?: number;
  readonly headers?: RecordHeaders;
}

/** Where records of one write stand in a partition. */
export interface WrittenRecords {
  readonly topicName: string;
  readonly partition: number;
  /** Offset of the first; undefined where the broker does not tell. */
  readonly baseOffset?: string | undefined;
}

/** What a group has committed for a partition. */
export interface CommittedOffset {
  /** Next offset to read; undefined where nothing is committed. */
  readonly offset: bigint | undefined;
  readonly metadata: string;
}
