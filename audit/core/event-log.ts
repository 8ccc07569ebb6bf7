/** The event topic, wherever its records are kept, as whoever rebuilds roots reads it. */

import type { Input } from '../../processors/epoch-roots/core/partition-state.ts';

export interface LogRecord {
  readonly partition: number;
  readonly offset: number;
  /** Undefined for a record that is none of this platform's, or does not decode: nobody counts it. */
  readonly input: Input | undefined;
}

/** What a reading found besides its records. */
export interface LogReading {
  /** First offset of each partition that was read; above 0 its beginning is gone. */
  readonly firstOffsets: ReadonlyMap<number, number>;
}

export interface EventLog {
  /** Gives every record, in offset order within a partition. @throws AppError where a record cannot be read now. */
  read(onRecord: (record: LogRecord) => void, partitions?: ReadonlySet<number>): Promise<LogReading>;
}
