import { inTransaction, type Pool } from '../../../runtime/postgres/pool.ts';

/** Rows of settlement_alarms by kind, roots whose tree could not be made again, and epochs that wait behind a hole in their proof. */
export interface AlarmCounts {
  readonly notSeen: number;
  readonly otherBytes: number;
  readonly mismatches: number;
  /** Epochs with claims and without any root, though every partition has watermarks above their end. */
  readonly epochGaps: number;
}

/** Costs what is open: settled roots not yet seen, publications that are none of ours. */
export async function countAlarms(pool: Pool): Promise<AlarmCounts> {
  return inTransaction(pool, async (client) => {
    // The open ones are few among many, which statistics tell the planner too late.
    await client.query('set local enable_seqscan = off');
    const { rows } = await client.query<AlarmCounts>(
      `select (select count(*) from settlement_alarms where kind = 'not_seen') as "notSeen",
              (select count(*) from settlement_alarms where kind = 'other_bytes') as "otherBytes",
              (select count(*) from roots where tree_state = 'mismatch') as mismatches,
              (select count(*) from epochs e
                where e.finalized_at is null
                  and e.end_slot < (select min(proven) from (select max(to_slot) as proven from coverage group by stream_partition) p)
                  and exists (select from claims c where c.epoch = e.epoch and c.status = 'pending')) as "epochGaps"`,
    );
    return rows[0] ?? { notSeen: 0, otherBytes: 0, mismatches: 0, epochGaps: 0 };
  });
}
