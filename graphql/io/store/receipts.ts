/** What shows that roots are on chain: what the listeners saw, beside the ledger's row of the transaction. */

import type { Pool } from '../../../runtime/postgres/pool.ts';
import { type ProvenBy, type StoredSighting, sightingsOf, verdictsOf } from '../../core/receipt-verdicts.ts';
import type { SettlementReceipt } from '../../schema-types.generated.ts';

interface ReceiptRow {
  root_id: number;
  root: string;
  signature: string;
  slot: number;
  published_at: Date | null;
  vouchers: string[];
  stream_partition: number;
  stream_offset: string;
  fee_lamports: string | null;
  worker: string | null;
  sightings: StoredSighting[];
  proven_by: ProvenBy[];
}

/** By the root's row id; none for a root that no proven publication with its bytes was seen of. */
export async function receiptsOfRoots(pool: Pool, rootIds: readonly number[]): Promise<Map<number, SettlementReceipt>> {
  const { rows } = await pool.query<ReceiptRow>(
    `select distinct on (r.id) r.id as root_id, p.root, p.signature, p.slot, p.published_at, p.vouchers, p.stream_partition,
       p.stream_offset::text, l.fee_lamports, l.worker,
       (select coalesce(jsonb_agg(jsonb_build_object('listener', s.source, 'takenBack', s.taken_back, 'offset', s.stream_offset::text)
          order by s.source), '[]') from publication_sightings s where s.event_id = p.event_id) as sightings,
       (select coalesce(jsonb_agg(distinct jsonb_build_object('listener', c.source, 'method', c.method, 'endpoint', c.endpoint)), '[]')
          from coverage c where c.stream_partition = p.stream_partition and p.slot between c.from_slot and c.to_slot) as proven_by
     from roots r
     join published_roots p on p.channel = r.channel and p.epoch = r.epoch and p.root = r.root and p.status = 'seen'
     left join settlement_log l on l.root_id = r.id and l.tx_signature = p.signature and l.ledger_status = 'FINALIZED'
     where r.id = any($1::int[]) order by r.id, p.slot`,
    [rootIds],
  );
  return new Map(
    rows.map((row) => [
      row.root_id,
      {
        root: row.root,
        signature: row.signature,
        slot: BigInt(row.slot),
        blockTime: row.published_at,
        feeLamports: row.fee_lamports === null ? null : BigInt(row.fee_lamports),
        worker: row.worker,
        seenBy: row.vouchers,
        streamPartition: row.stream_partition,
        streamOffset: BigInt(row.stream_offset),
        sightings: sightingsOf(row.vouchers, row.sightings),
        verdicts: verdictsOf(row.vouchers, row.sightings, row.proven_by),
      },
    ]),
  );
}
