import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Account, Address } from '../core/accounts/account.ts';
import type { TransactionRecord } from '../core/ledger/record.ts';

/** Lamports, owner, data (deflated, base64), executable; null: the account is gone. */
export type AccountLine = [string, Address, string, boolean] | null;
/** Slot, block time, error, memo, meta, account keys; the wire bytes come from the transaction's own line. */
export type RecordLine = [string, number, number | null, string, string | null, string, Address[]];

/** What never changes on a chain. */
export type JournalHeader = {
  genesisHash: string;
  /** First slot. */
  slot: number;
  /** Unix milliseconds of the first slot, as block times count. */
  startMs: number;
  /** Unix milliseconds at which the first slot opened. */
  originMs: number;
  /** Milliseconds a slot; null where slots are opened by hand. */
  slotMs: number | null;
};

export type JournalLine =
  | ({ type: 'genesis'; accounts: Record<Address, AccountLine> } & JournalHeader)
  /** A transaction was executed in a slot: written before anybody is told. */
  | { type: 'transaction'; slot: number; id: string; wire: string }
  /** The slots above one were given up. */
  | { type: 'rollback'; toSlot: number }
  /** Slots up to one are final, with what they contained and the accounts they changed. */
  | { type: 'finalized'; slot: number; height: number; records: RecordLine[]; accounts: Record<Address, AccountLine> };

export function accountLine(account: Account | null): AccountLine {
  if (account === null) return null;
  const data = account.data.length === 0 ? '' : deflateRawSync(account.data).toString('base64');
  return [account.lamports.toString(), account.owner, data, account.executable];
}

export function readAccountLine(line: AccountLine): Account | null {
  if (line === null) return null;
  const [lamports, owner, data, executable] = line;
  const bytes = data === '' ? new Uint8Array(0) : new Uint8Array(inflateRawSync(Buffer.from(data, 'base64')));
  return { lamports: BigInt(lamports), owner, data: bytes, executable };
}

export function recordLine(record: TransactionRecord): RecordLine {
  const meta = deflateRawSync(record.metaText).toString('base64');
  return [record.id, record.slot, record.blockTime, record.errorText, record.memo, meta, [...record.accountKeys]];
}

export function readRecordLine(line: RecordLine, signature: Uint8Array, wire: Uint8Array): TransactionRecord {
  const [id, slot, blockTime, errorText, memo, meta, accountKeys] = line;
  const metaText = inflateRawSync(Buffer.from(meta, 'base64')).toString('utf8');
  return { id, slot, blockTime, errorText, memo, metaText, accountKeys, signature, wire };
}
