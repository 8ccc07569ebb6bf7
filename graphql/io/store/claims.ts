/** Reads of claims, each with the root that it is in: both from one statement, so that they are of one moment. */

import type { Pool } from '../../../runtime/postgres/pool.ts';
import type { PageRequest } from '../../core/cursor.ts';
import type { ClaimView } from '../../core/views.ts';
import type { ClaimStatus } from '../../schema-types.generated.ts';
import { prepared } from './prepared.ts';
import { type TreeRow, treeColumns, treeView } from './roots.ts';

interface ClaimRow {
  claim_row: number;
  event_id: string;
  claim_channel: string;
  user_pubkey: string;
  claim_epoch: number;
  claimed_epoch: string | null;
  amount: string;
  claim_id: string;
  slot: number;
  claim_signature: string;
  claim_timestamp: Date | null;
  claim_status: string;
  leaf_index: number | null;
}

/** Of claims c, with their roots r: null where there is none. */
export const CLAIMS = `select c.id as claim_row, c.event_id, c.channel as claim_channel, c.user_pubkey, c.epoch as claim_epoch,
    c.claim_epoch as claimed_epoch, c.amount, c.claim_id, c.slot, c.signature as claim_signature, c.claim_timestamp,
    c.status as claim_status, c.leaf_index, ${treeColumns}
  from claims c left join roots r on r.id = c.root_id`;

/** A row of `CLAIMS`. */
export type ClaimAndTree = ClaimRow & (TreeRow | { id: null });

export function claimView(row: ClaimAndTree): ClaimView {
  return {
    rowId: row.claim_row,
    tree: row.id === null ? null : treeView(row),
    eventId: row.event_id,
    channel: row.claim_channel,
    user: row.user_pubkey,
    epoch: BigInt(row.claim_epoch),
    claimedEpoch: row.claimed_epoch === null ? null : BigInt(row.claimed_epoch),
    amount: BigInt(row.amount),
    id: row.claim_id,
    slot: BigInt(row.slot),
    signature: row.claim_signature,
    claimedAt: row.claim_timestamp,
    status: row.claim_status.toUpperCase() as ClaimStatus,
    index: row.leaf_index,
  };
}

/** Claims of a user, newest slot first, a backward page the other way round; one row more than asked for. */
export async function claimsOfUser(
  pool: Pool,
  user: string,
  channel: string | undefined,
  { size, isBackward, after, before }: PageRequest,
): Promise<ClaimView[]> {
  const values: unknown[] = [user];
  const given = (value: unknown): string => `$${values.push(value)}`;
  // Only what is asked for: each form is a statement of its own, which finds its page by the index.
  const conditions = [
    'c.user_pubkey = $1 and c.event_id is not null',
    ...(channel === undefined ? [] : [`c.channel = ${given(channel)}`]),
    ...(after === undefined ? [] : [`(c.slot, c.id) < (${given(after[0])}::bigint, ${given(after[1])}::bigint)`]),
    ...(before === undefined ? [] : [`(c.slot, c.id) > (${given(before[0])}::bigint, ${given(before[1])}::bigint)`]),
  ].join(' and ');
  const order = isBackward ? 'c.slot, c.id' : 'c.slot desc, c.id desc';
  const { rows } = await pool.query<ClaimAndTree>(
    prepared(`${CLAIMS} where ${conditions} order by ${order} limit ${given(size + 1)}::bigint`, values),
  );
  return rows.map(claimView);
}

export async function claimByEventId(pool: Pool, eventId: string): Promise<ClaimView | undefined> {
  const { rows } = await pool.query<ClaimAndTree>(prepared(`${CLAIMS} where c.event_id = $1`, [eventId]));
  return rows.map(claimView)[0];
}

/** A user's leaves in a root, by index. */
export async function leavesOfUser(
  pool: Pool,
  rootId: number,
  user: string,
  channel: string,
  epoch: bigint,
): Promise<ClaimView[]> {
  const { rows } = await pool.query<ClaimAndTree>(
    prepared(
      `${CLAIMS} where c.user_pubkey = $1 and c.channel = $2 and c.epoch = $3 and c.root_id = $4 order by c.leaf_index`,
      [user, channel, epoch.toString(), rootId],
    ),
  );
  return rows.map(claimView);
}

export async function leafByIndex(
  pool: Pool,
  rootId: number,
  channel: string,
  epoch: bigint,
  index: number,
): Promise<ClaimView | undefined> {
  const { rows } = await pool.query<ClaimAndTree>(
    prepared(`${CLAIMS} where c.channel = $1 and c.epoch = $2 and c.root_id = $3 and c.leaf_index = $4`, [
      channel,
      epoch.toString(),
      rootId,
      index,
    ]),
  );
  return rows.map(claimView)[0];
}

/** Which listeners stand by a claim, and in which partition of the event topic its record is. */
export async function vouchersOf(pool: Pool, rowId: number): Promise<{ vouchers: string[]; partition: number }> {
  const { rows } = await pool.query<{ vouchers: string[]; partition: number }>(
    prepared('select vouchers, stream_partition as partition from claims where id = $1', [rowId]),
  );
  return rows[0] ?? { vouchers: [], partition: -1 };
}
