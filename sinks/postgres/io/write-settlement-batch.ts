/** A batch of the settlements topic and the position behind it, in one transaction. */

import { inTransaction, type Pool } from '../../../runtime/postgres/pool.ts';
import { type SettlementRow, waves } from '../core/settlement-row.ts';
import { advancePosition, type PositionStep } from './advance-position.ts';
import { allowLongStatements } from './allow-long-statements.ts';
import { insertSettlementSteps } from './insert-settlement-steps.ts';
import { lockPositions } from './lock-positions.ts';
import { settleRoots } from './settle-roots.ts';
import { upsertSettlements } from './upsert-settlements.ts';

/**
 * @param rootPartitions Partitions of the roots topic that the records' roots stand in.
 * @throws AppError POSITION_MOVED; database errors, after which nothing of the batch is there.
 */
export async function writeSettlementBatch(
  pool: Pool,
  step: PositionStep,
  rootsTopic: string,
  rootPartitions: Iterable<number>,
  rows: readonly SettlementRow[],
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await allowLongStatements(client);
    await advancePosition(client, step);
    if (rows.length === 0) return;
    await lockPositions(client, rootsTopic, rootPartitions);
    await insertSettlementSteps(client, step.partition, rows);
    for (const wave of waves(rows)) await upsertSettlements(client, step.partition, wave);
    await settleRoots(client, rows);
  });
}
