import { inTransaction, type Pool } from '../../../runtime/postgres/pool.ts';

/** Rows of settlement_alarms by kind, and roots whose tree could not be made again. */
export interface AlarmCounts {
  readonly notSeen: number;
  readonly otherBytes: number;
  readonly mismatches: number;
}

/** Costs what is open: settled roots not yet seen, publications that are none of ours. */
export async function countAlarms(pool: Pool): Promise<AlarmCounts> {
  return inTransaction(pool, async (client) => {
    // The open ones are few among many, which statistics tell the planner too late.
    await client.query('set local enable_seqscan = off');
    const { rows } = await client.query<AlarmCounts>(
      `select (select count(*) from settlement_alarms where kind = 'not_seen') as "notSeen",
              (select count(*) from settlement_alarms where kind = 'other_bytes') as "otherBytes",
              (select count(*) from roots where tree_state = 'mismatch') as mismatches`,
    );
    return rows[0] ?? { notSeen: 0, otherBytes: 0, mismatches: 0 };
  });
}
