/** Items of subscriptions, as the sink leaves them: the row, and how far the topic is stored. */

import type { Pool } from '../../runtime/postgres/pool.ts';

export interface StepSpec {
  readonly channel: string;
  readonly epoch: number;
  readonly root: string;
  readonly status?: string;
}

/** Says that a partition of a topic is stored up to an offset. */
export async function storedUpTo(pool: Pool, topic: string, partition: number, end: number): Promise<void> {
  await pool.query(
    `insert into sink_offsets (topic, partition, next_offset, highest_offset) values ($1, $2, $3, $3)
     on conflict (topic, partition) do update set next_offset = $3, highest_offset = $3`,
    [topic, partition, end],
  );
}

/** Offset behind the last stored record. */
async function endOf(pool: Pool, topic: string, partition: number): Promise<number> {
  const { rows } = await pool.query<{ end: number }>(
    'select highest_offset as end from sink_offsets where topic = $1 and partition = $2',
    [topic, partition],
  );
  return rows[0]?.end ?? 0;
}

/** Adds a step of a settlement to the ledger in partition 0. */
export async function storeStep(pool: Pool, topic: string, { channel, epoch, root, status }: StepSpec): Promise<void> {
  const offset = await endOf(pool, topic, 0);
  await pool.query(
    `insert into settlement_steps (ledger_partition, ledger_offset, channel, epoch, root, status, attempt, tx_signature, slot,
       fee_lamports, recorded_at)
     values (0, $1, $2, $3, $4, $5, 1, 'signature', 7, 5000, '2023-11-14 22:13:20')`,
    [offset, channel, epoch, root, status ?? 'CONFIRMED'],
  );
  await storedUpTo(pool, topic, 0, offset + 1);
}

/** Adds a claim, confirmed and not yet proven, in a partition of the event topic. */
export async function storeClaim(
  pool: Pool,
  topic: string,
  claim: { readonly channel: string; readonly user: string; readonly eventId: string; readonly partition: number },
): Promise<void> {
  const { channel, user, eventId, partition } = claim;
  const offset = await endOf(pool, topic, partition);
  await pool.query(
    `insert into claims (channel, user_pubkey, slot, event_id, signature, epoch, amount, claim_id, commitment, proven, vouchers,
       stream_partition, stream_offset)
     values ($1, $2, 7, $3, 'signature', 1, 5, 'id', 'confirmed', false, '{listener}', $4, $5)`,
    [channel, user, eventId, partition, offset],
  );
  await storedUpTo(pool, topic, partition, offset + 1);
}

/** The chain takes a claim back. */
export async function retractClaim(pool: Pool, topic: string, eventId: string, partition: number): Promise<void> {
  const offset = await endOf(pool, topic, partition);
  await pool.query("update claims set status = 'retracted', changed_offset = $2 where event_id = $1", [
    eventId,
    offset,
  ]);
  await storedUpTo(pool, topic, partition, offset + 1);
}
