/** Reads of claims. */

import type { Pool } from '../../../runtime/postgres/pool.ts';
import type { PageRequest } from '../../core/cursor.ts';
import type { ClaimView } from '../../core/views.ts';
import type { ClaimStatus } from '../../schema-types.generated.ts';
import { boundsOf } from './page-bounds.ts';

interface ClaimRow {
  id: number;
  root_id: number | null;
  event_id: string;
  channel: string;
  user_pubkey: string;
  epoch: number;
  claim_epoch: string | null;
  amount: string;
  claim_id: string;
  slot: number;
  signature: string;
  claim_timestamp: Date | null;
  status: string;
  leaf_index: number | null;
}

const COLUMNS = `id, root_id, event_id, channel, user_pubkey, epoch, claim_epoch, amount, claim_id, slot, signature,
  claim_timestamp, status, leaf_index`;

function view(row: ClaimRow): ClaimView {
  return {
    rowId: row.id,
    rootId: row.root_id,
    eventId: row.event_id,
    channel: row.channel,
    user: row.user_pubkey,
    epoch: BigInt(row.epoch),
    claimedEpoch: row.claim_epoch === null ? null : BigInt(row.claim_epoch),
    amount: BigInt(row.amount),
    id: row.claim_id,
    slot: BigInt(row.slot),
    signature: row.signature,
    claimedAt: row.claim_timestamp,
    status: row.status.toUpperCase() as ClaimStatus,
    index: row.leaf_index,
  };
}

/** Claims of a user, newest slot first, a backward page the other way round; one row more than asked for. */
export async function claimsOfUser(
  pool: Pool,
  user: string,
  channel: string | undefined,
  page: PageRequest,
): Promise<ClaimView[]> {
  const { rows } = await pool.query<ClaimRow>(
    `select ${COLUMNS} from claims
     where user_pubkey = $1 and event_id is not null and ($2::text is null or channel = $2)
       and ($3::bigint is null or (slot, id) < ($3::bigint, $4::bigint))
       and ($5::bigint is null or (slot, id) > ($5::bigint, $6::bigint))
     ${page.isBackward ? 'order by slot, id' : 'order by slot desc, id desc'} limit $7`,
    [user, channel ?? null, ...boundsOf(page)],
  );
  return rows.map(view);
}

export async function claimByEventId(pool: Pool, eventId: string): Promise<ClaimView | undefined> {
  const { rows } = await pool.query<ClaimRow>(`select ${COLUMNS} from claims where event_id = $1`, [eventId]);
  return rows.map(view)[0];
}

/** A user's leaves in a root, by index. */
export async function leavesOfUser(
  pool: Pool,
  rootId: number,
  user: string,
  channel: string,
  epoch: bigint,
): Promise<ClaimView[]> {
  const { rows } = await pool.query<ClaimRow>(
    `select ${COLUMNS} from claims
     where user_pubkey = $1 and channel = $2 and epoch = $3 and root_id = $4 order by leaf_index`,
    [user, channel, epoch.toString(), rootId],
  );
  return rows.map(view);
}

export async function leafByIndex(
  pool: Pool,
  rootId: number,
  channel: string,
  epoch: bigint,
  index: number,
): Promise<ClaimView | undefined> {
  const { rows } = await pool.query<ClaimRow>(
    `select ${COLUMNS} from claims where channel = $1 and epoch = $2 and root_id = $3 and leaf_index = $4`,
    [channel, epoch.toString(), rootId, index],
  );
  return rows.map(view)[0];
}

/** Which listeners stand by a claim, and in which partition of the event topic its record is. */
export async function vouchersOf(pool: Pool, rowId: number): Promise<{ vouchers: string[]; partition: number }> {
  const { rows } = await pool.query<{ vouchers: string[]; partition: number }>(
    'select vouchers, stream_partition as partition from claims where id = $1',
    [rowId],
  );
  return rows[0] ?? { vouchers: [], partition: -1 };
}
