/** The rows that subscriptions are told of. Each statement reads one partition in the order of its records. */

import type { Pool } from '../../../runtime/postgres/pool.ts';
import type { IngestedClaimView, RootView, SettlementStepView } from '../../core/views.ts';
import { prepared } from '../store/prepared.ts';
import { type RootRow, rootColumns, rootView } from '../store/roots.ts';
import { type StepRow, stepView } from '../store/settlements.ts';
import type { FeedRow, FeedSource, PageOfFeed } from './feed.ts';

/** $1 partition, $2 and $3 the place before, $4 the offset behind, $5 channels, $6 rows. */
function valuesOf({ partition, after, below, channels, limit }: PageOfFeed): unknown[] {
  return [partition, after.offset, after.rowId, below, channels ?? null, limit];
}

export const rootItems: FeedSource<RootView> = {
  name: 'r',
  async page(pool: Pool, page: PageOfFeed): Promise<FeedRow<RootView>[]> {
    const { rows } = await pool.query<RootRow & { record_offset: number }>(
      prepared(
        `select ${rootColumns}, r.record_offset from roots r
       where r.record_partition = $1 and (r.record_offset, r.id) > ($2::bigint, $3::int) and r.record_offset < $4
         and ($5::text[] is null or r.channel = any($5))
       order by r.record_offset, r.id limit $6`,
        valuesOf(page),
      ),
    );
    return rows.map((row) => ({ offset: row.record_offset, rowId: row.id, item: rootView(row) }));
  },
};

export const settlementItems: FeedSource<SettlementStepView> = {
  name: 's',
  async page(pool: Pool, page: PageOfFeed): Promise<FeedRow<SettlementStepView>[]> {
    const { rows } = await pool.query<StepRow & { ledger_offset: number }>(
      prepared(
        `select ledger_offset, channel, epoch, root, status, attempt, tx_signature, slot, fee_lamports, reason, recorded_at
       from settlement_steps
       where ledger_partition = $1 and (ledger_offset, 1) > ($2::bigint, $3::int) and ledger_offset < $4
         and ($5::text[] is null or channel = any($5))
       order by ledger_offset limit $6`,
        valuesOf(page),
      ),
    );
    return rows.map((row) => ({ offset: row.ledger_offset, rowId: 1, item: stepView(row) }));
  },
};

interface ClaimRow {
  at_offset: number;
  retracted: boolean;
  id: number;
  event_id: string;
  channel: string;
  user_pubkey: string;
  amount: string;
  claim_id: string;
  slot: number;
  signature: string;
  commitment: string;
}

const CLAIM_COLUMNS = 'id, event_id, channel, user_pubkey, amount, claim_id, slot, signature, commitment';

/** A claim when it is first seen, and once more where it was taken back, or came back, since. */
export const claimItems: FeedSource<IngestedClaimView> = {
  name: 'c',
  async page(pool: Pool, page: PageOfFeed): Promise<FeedRow<IngestedClaimView>[]> {
    const { rows } = await pool.query<ClaimRow>(
      prepared(
        `(select stream_offset as at_offset, false as retracted, ${CLAIM_COLUMNS} from claims
        where stream_partition = $1 and (stream_offset, id) > ($2::bigint, $3::int) and stream_offset < $4
          and ($5::text[] is null or channel = any($5))
        order by stream_offset, id limit $6)
       union all
       (select changed_offset, status = 'retracted', ${CLAIM_COLUMNS} from claims
        where stream_partition = $1 and (changed_offset, id) > ($2::bigint, $3::int) and changed_offset < $4
          and ($5::text[] is null or channel = any($5))
        order by changed_offset, id limit $6)
       order by at_offset, id limit $6`,
        valuesOf(page),
      ),
    );
    return rows.map((row) => ({
      offset: row.at_offset,
      rowId: row.id,
      item: {
        eventId: row.event_id,
        channel: row.channel,
        user: row.user_pubkey,
        amount: BigInt(row.amount),
        id: row.claim_id,
        slot: BigInt(row.slot),
        signature: row.signature,
        commitment: row.commitment,
        retracted: row.retracted,
      },
    }));
  },
};
