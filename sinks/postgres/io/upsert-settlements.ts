import type { Client } from '../../../runtime/postgres/pool.ts';
import type { SettlementRow } from '../core/settlement-row.ts';

const TYPES = {
  tx_signature: 'text',
  settled_at: 'timestamp',
  status: 'text',
  error_message: 'text',
  ledger_status: 'text',
  channel: 'text',
  epoch: 'bigint',
  root: 'text',
  attempt: 'int',
  slot: 'bigint',
  fee_lamports: 'numeric',
  compute_units: 'bigint',
  last_valid_block_height: 'bigint',
  recorded_at: 'timestamp',
  worker: 'text',
  ledger_offset: 'bigint',
} as const satisfies Record<keyof SettlementRow, string>;

/** A record that leaves a field open does not erase what an earlier one of the attempt said. */
const KEPT = new Set<string>(['slot', 'fee_lamports', 'compute_units', 'last_valid_block_height']);

/**
 * Writes records of attempts, each attempt at most once a call.
 * Key: (channel, epoch, root, attempt, tx_signature). The record with the higher offset wins, except over one that says the
 * root is final on chain; so a record that is taken in again changes nothing.
 */
export async function upsertSettlements(
  client: Client,
  partition: number,
  settlements: readonly SettlementRow[],
): Promise<void> {
  const columns = Object.keys(TYPES) as (keyof SettlementRow)[];
  const params = columns.map((column, i) => `$${i + 2}::${TYPES[column]}[]`).join(', ');
  const updates = columns
    .filter((column) => !['channel', 'epoch', 'root', 'attempt', 'tx_signature'].includes(column))
    .map((column) =>
      KEPT.has(column) ? `${column} = coalesce(excluded.${column}, l.${column})` : `${column} = excluded.${column}`,
    )
    .join(', ');
  await client.query(
    `insert into settlement_log as l (${columns.join(', ')}, ledger_partition)
     select u.*, $1::int from unnest(${params}) as u(${columns.join(', ')}) order by u.ledger_offset
     on conflict (channel, epoch, root, attempt, (coalesce(tx_signature, ''))) do update set ${updates}
     where l.ledger_offset < excluded.ledger_offset
       and (l.status <> 'confirmed' or excluded.status = 'confirmed')`,
    [partition, ...columns.map((column) => settlements.map((row) => row[column]))],
  );
}
