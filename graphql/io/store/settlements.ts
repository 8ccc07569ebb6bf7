/** Reads of the settlement log. */

import type { Pool } from '../../../runtime/postgres/pool.ts';
import type { SettlementStepView } from '../../core/views.ts';
import type { SettlementStatus } from '../../schema-types.generated.ts';

/** A step as the ledger's records have it, whichever table keeps it. */
export interface StepRow {
  channel: string;
  epoch: number;
  root: string;
  status: string;
  attempt: number;
  tx_signature: string | null;
  slot: number | null;
  fee_lamports: string | null;
  reason: string | null;
  recorded_at: Date;
}

export function stepView(row: StepRow): SettlementStepView {
  return {
    channel: row.channel,
    epoch: BigInt(row.epoch),
    root: row.root,
    status: row.status as SettlementStatus,
    attempt: row.attempt,
    signature: row.tx_signature,
    slot: row.slot === null ? null : BigInt(row.slot),
    feeLamports: row.fee_lamports === null ? null : BigInt(row.fee_lamports),
    reason: row.reason,
    at: row.recorded_at,
  };
}

/**
 * The attempts of several roots, each with its newest state, and every time that a root was held; oldest first, by the root's
 * row id.
 */
export async function stepsOfRoots(pool: Pool, rootIds: readonly number[]): Promise<Map<number, SettlementStepView[]>> {
  const { rows } = await pool.query<StepRow & { root_id: number }>(
    `select channel, epoch, root, ledger_status as status, attempt, tx_signature, slot, fee_lamports, error_message as reason, recorded_at, root_id,
       ledger_partition, ledger_offset
     from settlement_log where root_id = any($1::int[]) and ledger_status <> 'HELD'
     union all
     select s.channel, s.epoch, s.root, s.status, s.attempt, s.tx_signature, s.slot, s.fee_lamports, s.reason, s.recorded_at, r.id,
       s.ledger_partition, s.ledger_offset
     from roots r join settlement_steps s on s.status = 'HELD' and (s.channel, s.epoch, s.root) = (r.channel, r.epoch, r.root)
     where r.id = any($1::int[])
     order by ledger_partition, ledger_offset`,
    [rootIds],
  );
  const steps = new Map<number, SettlementStepView[]>();
  for (const row of rows) {
    const list = steps.get(row.root_id) ?? [];
    list.push(stepView(row));
    steps.set(row.root_id, list);
  }
  return steps;
}
