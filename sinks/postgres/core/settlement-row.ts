/** Ledger records to rows of settlement_log: one an attempt. */

import type { SettlementRecord, SettlementStatus } from '../../../schemas/records.ts';
import { millisText, storableText, wholeBigint } from './storable.ts';

/** A row of table settlement_log, by column name; root_id is filled where the root's row is. */
export interface SettlementRow {
  readonly tx_signature: string | null;
  readonly settled_at: string | null;
  readonly status: string;
  readonly error_message: string | null;
  readonly ledger_status: SettlementStatus;
  readonly channel: string;
  readonly epoch: number;
  readonly root: string;
  readonly attempt: number;
  readonly slot: number | null;
  readonly fee_lamports: string | null;
  readonly compute_units: number | null;
  readonly last_valid_block_height: number | null;
  readonly recorded_at: string;
  readonly worker: string;
  readonly ledger_offset: number;
}

/** The target architecture's words; `held` and `conflict` are added. Its `confirmed` meant: final on chain. */
const STATUS_WORDS: Readonly<Record<SettlementStatus, string>> = {
  PENDING: 'pending_confirmation',
  CONFIRMED: 'pending_confirmation',
  FINALIZED: 'confirmed',
  ALREADY_SETTLED: 'confirmed',
  FAILED: 'failed',
  CONFLICT: 'conflict',
  HELD: 'held',
};

/** Whether the root is final on chain by this record. */
export function isSettled(status: SettlementStatus): boolean {
  return status === 'FINALIZED' || status === 'ALREADY_SETTLED';
}

/** @throws AppError RECORD_UNSTORABLE */
export function settlementRow(record: SettlementRecord, offset: number): SettlementRow {
  const recordedAt = millisText(record.at, 'at');
  return {
    tx_signature: record.signature === null ? null : storableText(record.signature, 'signature'),
    settled_at: isSettled(record.status) ? recordedAt : null,
    status: STATUS_WORDS[record.status],
    error_message: record.reason === null ? null : storableText(record.reason, 'reason'),
    ledger_status: record.status,
    channel: storableText(record.channel, 'channel'),
    epoch: wholeBigint(record.epoch, 'epoch'),
    root: storableText(record.root, 'root'),
    attempt: record.attempt,
    slot: record.slot,
    fee_lamports: record.feeLamports?.toString() ?? null,
    compute_units: record.computeUnits,
    last_valid_block_height: record.lastValidBlockHeight,
    recorded_at: recordedAt,
    worker: storableText(record.worker, 'worker'),
    ledger_offset: offset,
  };
}

/**
 * The rows, which are in ledger order, in waves that hold each attempt at most once: one statement cannot change a row twice.
 */
export function waves(rows: readonly SettlementRow[]): SettlementRow[][] {
  const seen = new Map<string, number>();
  const result: SettlementRow[][] = [];
  for (const row of rows) {
    const attempt = JSON.stringify([row.channel, row.epoch, row.root, row.attempt, row.tx_signature]);
    const wave = seen.get(attempt) ?? 0;
    seen.set(attempt, wave + 1);
    (result[wave] ??= []).push(row);
  }
  return result;
}
