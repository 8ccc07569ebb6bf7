import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { AppError, messageOf } from '../../../runtime/errors.ts';
import type { Account, Address } from '../core/accounts/account.ts';
import type { TransactionRecord } from '../core/ledger/record.ts';
import { readRecordedLine } from '../core/ledger/recording.ts';

/**
 * Reads a recording, one transaction a line, and returns it by rising slot.
 * @throws AppError RECORDING_UNREADABLE or RECORDING_INVALID, with the line.
 */
export async function readRecording(path: string): Promise<TransactionRecord[]> {
  const records: TransactionRecord[] = [];
  let line = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      line++;
      if (text.trim() !== '') records.push(readRecordedLine(text));
    }
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code !== undefined && line === 0;
    throw isMissing
      ? new AppError('RECORDING_UNREADABLE', `Cannot read the recording ${path}: ${messageOf(cause)}`, { cause })
      : new AppError('RECORDING_INVALID', `Line ${line} of the recording ${path}: ${messageOf(cause)}`, { cause });
  }
  return records.sort((a, b) => a.slot - b.slot);
}

const accountsSchema = z.record(
  z.string(),
  z.object({ address: z.string(), data: z.base64(), owner: z.string(), lamports: z.number().int().nonnegative() }),
);

/**
 * Reads accounts from a JSON file: an object of {address, data (base64), owner, lamports}, by any name.
 * @throws AppError ACCOUNTS_FILE_INVALID.
 */
export function readAccountsFile(path: string): Map<Address, Account> {
  try {
    const entries = Object.values(accountsSchema.parse(JSON.parse(readFileSync(path, 'utf8'))));
    return new Map(
      entries.map(({ address, data, owner, lamports }) => [
        address,
        { lamports: BigInt(lamports), owner, data: new Uint8Array(Buffer.from(data, 'base64')), executable: false },
      ]),
    );
  } catch (cause) {
    throw new AppError('ACCOUNTS_FILE_INVALID', `Cannot use the accounts file ${path}: ${messageOf(cause)}`, { cause });
  }
}
