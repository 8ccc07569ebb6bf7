import { closeSync, createReadStream, existsSync, ftruncateSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { AppError } from '../../../runtime/errors.ts';
import type { Account, Address } from '../core/accounts/account.ts';
import { decodeBase58 } from '../core/encoding/base58.ts';
import type { History } from '../core/ledger/history.ts';
import {
  type AccountLine,
  type JournalHeader,
  type JournalLine,
  readAccountLine,
  readRecordLine,
} from './journal-lines.ts';

/** What a journal tells about the chain that wrote it. */
export type JournalContent = {
  header: JournalHeader;
  accounts: Map<Address, Account>;
  finalizedSlot: number;
  finalizedHeight: number;
  /** Transactions of slots that were not final, in order. */
  pending: { slot: number; wire: Uint8Array }[];
};

/**
 * Reads a journal, appending its finalised transactions to a history; null when there is none. A last line that was
 * cut off by a crash is removed from the file.
 * @throws AppError JOURNAL_INVALID when anything else cannot be read.
 */
export async function readJournal(path: string, history: History): Promise<JournalContent | null> {
  if (!existsSync(path)) return null;
  const reader = new Reader(history);
  let goodBytes = 0;
  let failure: { line: number; cause: unknown } | null = null;
  let number = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (failure !== null) throw invalid(path, failure);
    number++;
    try {
      reader.take(JSON.parse(text) as JournalLine);
      goodBytes += Buffer.byteLength(text) + 1;
    } catch (cause) {
      failure = { line: number, cause };
    }
  }
  if (failure !== null && !(failure.cause instanceof SyntaxError)) throw invalid(path, failure);
  if (failure !== null) {
    const file = openSync(path, 'r+');
    ftruncateSync(file, goodBytes);
    closeSync(file);
  }
  return reader.finish();
}

function invalid(path: string, { line, cause }: { line: number; cause: unknown }): AppError {
  const advice = 'remove the file to start the chain anew';
  return new AppError('JOURNAL_INVALID', `Line ${line} of the chain's journal ${path} cannot be read: ${advice}`, {
    cause,
  });
}

class Reader {
  content: JournalContent | null = null;
  readonly #history: History;
  readonly #wires = new Map<string, { slot: number; wire: Uint8Array }>();

  constructor(history: History) {
    this.#history = history;
  }

  take(line: JournalLine): void {
    if (line.type === 'genesis') {
      const { accounts: lines, type: _, ...header } = line;
      const accounts = new Map<Address, Account>();
      const [finalizedSlot, finalizedHeight] = [header.slot, header.slot];
      this.content = { header, accounts, finalizedSlot, finalizedHeight, pending: [] };
      this.#setAccounts(lines);
      return;
    }
    const content = this.content;
    if (content === null) throw new Error('the first line is not the genesis');
    switch (line.type) {
      case 'transaction':
        this.#wires.set(line.id, { slot: line.slot, wire: new Uint8Array(Buffer.from(line.wire, 'base64')) });
        break;
      case 'rollback':
        for (const [id, { slot }] of this.#wires) if (slot > line.toSlot) this.#wires.delete(id);
        break;
      case 'finalized':
        for (const record of line.records) {
          const known = this.#wires.get(record[0]);
          const signature = decodeBase58(record[0]);
          if (known === undefined || signature === null) throw new Error(`no bytes of transaction ${record[0]}`);
          this.#history.append(readRecordLine(record, signature, known.wire));
          this.#wires.delete(record[0]);
        }
        this.#setAccounts(line.accounts);
        content.finalizedSlot = line.slot;
        content.finalizedHeight = line.height;
        break;
    }
  }

  /** To be called when all lines are taken. */
  finish(): JournalContent | null {
    if (this.content !== null) this.content.pending = [...this.#wires.values()];
    return this.content;
  }

  #setAccounts(lines: Record<Address, AccountLine>): void {
    for (const [address, line] of Object.entries(lines)) {
      const account = readAccountLine(line);
      if (account === null) this.content?.accounts.delete(address);
      else this.content?.accounts.set(address, account);
    }
  }
}
