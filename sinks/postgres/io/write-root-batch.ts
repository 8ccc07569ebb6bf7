/** A batch of the roots topic and the position behind it, in one transaction. */

import { inTransaction, type Pool } from '../../../runtime/postgres/pool.ts';
import type { RootRow } from '../core/root-row.ts';
import { advancePosition, type PositionStep } from './advance-position.ts';
import { allowLongStatements } from './allow-long-statements.ts';
import { finalizeEpochs } from './finalize-epochs.ts';
import { findFinalisedEpochs } from './find-finalised-epochs.ts';
import { insertRoots } from './insert-roots.ts';
import { lockPositions } from './lock-positions.ts';
import { markOutsideRoots, type OutsideRoots } from './mark-outside-roots.ts';
import { settleRoots } from './settle-roots.ts';

/**
 * @param onConflict Called, before the transaction ends, with the offsets of records that name another root than the stored
 * one for the same channel and epoch.
 * @throws AppError POSITION_MOVED; database errors, after which nothing of the batch is there.
 */
export async function writeRootBatch(
  pool: Pool,
  step: PositionStep,
  streamTopic: string,
  roots: readonly RootRow[],
  onConflict: (offsets: readonly number[]) => Promise<void>,
): Promise<OutsideRoots> {
  return inTransaction(pool, async (client) => {
    await allowLongStatements(client);
    await advancePosition(client, step);
    const outside = { late: 0, unproven: 0 };
    if (roots.length === 0) return outside;
    const bySource = Map.groupBy(roots, ({ source_partition }) => source_partition);
    const positions = await lockPositions(client, streamTopic, bySource.keys());
    const conflicts = await insertRoots(client, step.partition, roots);
    if (conflicts.length > 0) await onConflict(conflicts);
    await finalizeEpochs(client, roots);
    await settleRoots(client, roots);
    for (const [partition, some] of bySource) {
      const below = positions.get(partition) ?? 0;
      const epochs = [...new Set(some.map(({ epoch }) => epoch))];
      const finalised = await findFinalisedEpochs(client, partition, { from: below, below }, epochs);
      const marked = await markOutsideRoots(client, partition, finalised);
      outside.late += marked.late;
      outside.unproven += marked.unproven;
    }
    return outside;
  });
}
