import type { TopicNames } from '../../../runtime/kafka/topics.ts';
import type { Pool } from '../../../runtime/postgres/pool.ts';
import { otherNamespace } from '../core/other-namespace.ts';

/** @throws AppError TOPIC_REPLACED (retryable) where the rows are of the topics of another namespace. */
export async function refuseOtherNamespace(pool: Pool, names: TopicNames): Promise<void> {
  const { rows } = await pool.query<{ topic: string }>(
    'select distinct topic from sink_offsets where highest_offset > 0',
  );
  const fault = otherNamespace(
    rows.map(({ topic }) => topic),
    names.streamEvents,
  );
  if (fault !== undefined) throw fault;
}
