import type { Client } from '../../../runtime/postgres/pool.ts';
import type { SettlementRow } from '../core/settlement-row.ts';

/** Writes every record of the ledger, for subscriptions. Key: (ledger_partition, ledger_offset); what is there stays. */
export async function insertSettlementSteps(
  client: Client,
  partition: number,
  rows: readonly SettlementRow[],
): Promise<void> {
  await client.query(
    `insert into settlement_steps (ledger_partition, ledger_offset, channel, epoch, root, status, attempt, tx_signature, slot,
       fee_lamports, reason, recorded_at)
     select $1::int, * from unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::int[], $8::text[],
       $9::bigint[], $10::numeric[], $11::text[], $12::timestamp[])
     on conflict do nothing`,
    [
      partition,
      rows.map(({ ledger_offset }) => ledger_offset),
      rows.map(({ channel }) => channel),
      rows.map(({ epoch }) => epoch),
      rows.map(({ root }) => root),
      rows.map(({ ledger_status }) => ledger_status),
      rows.map(({ attempt }) => attempt),
      rows.map(({ tx_signature }) => tx_signature),
      rows.map(({ slot }) => slot),
      rows.map(({ fee_lamports }) => fee_lamports),
      rows.map(({ error_message }) => error_message),
      rows.map(({ recorded_at }) => recorded_at),
    ],
  );
}
