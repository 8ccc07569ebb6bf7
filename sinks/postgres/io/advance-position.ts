import { AppError } from '../../../runtime/errors.ts';
import type { Client } from '../../../runtime/postgres/pool.ts';

/** A step of a partition's position. */
export interface PositionStep {
  readonly topic: string;
  readonly partition: number;
  /** Position that the batch was read from. */
  readonly expected: number;
  /** Position after the batch. */
  readonly next: number;
}

/** Highest position ever reached, before and after the step; equal during a replay. */
export interface HighestPosition {
  readonly before: number;
  readonly after: number;
}

/**
 * First statement of every write: moves the position and locks it until the transaction ends.
 * Key: (topic, partition) with the expected position: a batch is taken in once, by one member.
 * @throws AppError POSITION_MOVED when the database stands elsewhere: another member took the partition over.
 */
export async function advancePosition(client: Client, step: PositionStep): Promise<HighestPosition> {
  const { rows } = await client.query<HighestPosition>({
    name: 'advance-position',
    text: `update sink_offsets o
     set next_offset = $4, highest_offset = greatest(o.highest_offset, $4), updated_at = now() at time zone 'utc'
     from (select highest_offset from sink_offsets where topic = $1 and partition = $2 for update) as former
     where o.topic = $1 and o.partition = $2 and o.next_offset = $3
     returning former.highest_offset as before, o.highest_offset as after`,
    values: [step.topic, step.partition, step.expected, step.next],
  });
  const [highest] = rows;
  if (highest !== undefined) return highest;
  throw new AppError(
    'POSITION_MOVED',
    'Another member of the sink has moved this partition on; its position is read again.',
    {
      context: { ...step },
    },
  );
}
