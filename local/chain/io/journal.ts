import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ChainEvent, ChainState } from '../core/bank/chain-state.ts';
import { encodeBase58 } from '../core/encoding/base58.ts';
import type { TransactionRecord } from '../core/ledger/record.ts';
import type { TransactionMeta } from '../core/transaction/meta.ts';
import { allKeys } from '../core/transaction/render.ts';
import { parseTransaction } from '../core/transaction/wire.ts';
import { accountLine, type JournalHeader, type JournalLine, recordLine } from './journal-lines.ts';

/** A journal that has grown past this is rewritten from the state, unless told otherwise. */
const DEFAULT_LIMIT_BYTES = 256 * 1024 * 1024;
/** Finalised transactions that a rewritten journal keeps. */
const KEPT_TRANSACTIONS = 50_000;
const RECORDS_A_LINE = 100;

/**
 * Append-only file from which a chain goes on after a stop or a crash. Each line is written in one call before clients
 * are told of what it says, so that killing the process loses nothing that anybody saw.
 */
export class Journal {
  readonly #path: string;
  readonly #header: JournalHeader;
  readonly #state: ChainState;
  #file: number;
  #bytes: number;
  #finalized: TransactionRecord[] = [];
  readonly #limitBytes: number;
  #compactAt: number;
  readonly #stopEvents: () => void;
  /** While transactions of the journal itself are executed again their lines are already there. */
  replaying = false;

  /** Opens the file for appending; a new one begins with the header and all accounts. */
  constructor(path: string, header: JournalHeader, state: ChainState, limitBytes = DEFAULT_LIMIT_BYTES) {
    this.#limitBytes = this.#compactAt = limitBytes;
    this.#path = path;
    this.#header = header;
    this.#state = state;
    mkdirSync(dirname(path), { recursive: true });
    this.#file = openSync(path, 'a', 0o600);
    this.#bytes = statSync(path).size;
    if (this.#bytes === 0) this.#write(this.#genesisLine());
    this.#stopEvents = state.onEvent((event) => this.#onEvent(event));
  }

  #genesisLine(): JournalLine {
    const accounts = Object.fromEntries(
      [...this.#state.accounts.allAt(this.#state.slot('finalized'))].map(([address, account]) => [
        address,
        accountLine(account),
      ]),
    );
    return { type: 'genesis', ...this.#header, accounts };
  }

  #write(line: JournalLine, file = this.#file): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    this.#bytes += bytes.length;
  }

  #onEvent(event: ChainEvent): void {
    switch (event.type) {
      case 'rollback':
        this.#write({ type: 'rollback', toSlot: event.toSlot });
        break;
      case 'transactions':
        if (event.commitment === 'processed' && !this.replaying) {
          for (const { slot, id, wire } of event.records) this.#write(transactionLine(slot, id, wire));
        }
        if (event.commitment === 'finalized') this.#finalized.push(...event.records);
        break;
      case 'accounts':
        if (event.commitment === 'finalized') this.#finalize(event.slot, event.addresses);
        break;
      case 'slot':
        if (this.#bytes > this.#compactAt) this.#compact();
        break;
    }
  }

  #finalize(slot: number, addresses: ReadonlySet<string>): void {
    const accounts = Object.fromEntries(
      [...addresses].map((address) => [address, accountLine(this.#state.accounts.getAt(address, slot))]),
    );
    const records = this.#finalized.map(recordLine);
    this.#finalized = [];
    this.#write({ type: 'finalized', slot, height: this.#state.blocks.height(slot), records, accounts });
  }

  /** Writes the state as a new journal beside the old one, then puts it in its place. */
  #compact(): void {
    const temporary = `${this.#path}.new`;
    rmSync(temporary, { force: true });
    const file = openSync(temporary, 'a', 0o600);
    this.#bytes = 0;
    this.#write(this.#genesisLine(), file);
    const { history, open, blocks } = this.#state;
    const slot = this.#state.slot('finalized');
    let records: TransactionRecord[] = [];
    const flush = () => {
      for (const { slot: at, id, wire } of records) this.#write(transactionLine(at, id, wire), file);
      const lines = records.map(recordLine);
      this.#write({ type: 'finalized', slot, height: blocks.height(slot), records: lines, accounts: {} }, file);
      records = [];
    };
    for (let at = Math.max(history.floor, history.next - KEPT_TRANSACTIONS); at < history.next; at++) {
      records.push(this.#record(at));
      if (records.length === RECORDS_A_LINE) flush();
    }
    flush();
    for (const [at, pending] of open.between(slot, this.#state.slot('processed'))) {
      for (const { id, wire } of pending) this.#write(transactionLine(at, id, wire), file);
    }
    renameSync(temporary, this.#path);
    closeSync(this.#file);
    this.#file = file;
    this.#compactAt = Math.max(this.#limitBytes, 2 * this.#bytes);
  }

  #record(sequence: number): TransactionRecord {
    const { history } = this.#state;
    const [wire, metaText] = [history.wire(sequence), history.metaText(sequence)];
    const transaction = parseTransaction(wire);
    const signature = transaction.signatures[0] ?? new Uint8Array(64);
    const loaded = (JSON.parse(metaText) as TransactionMeta).loadedAddresses;
    const accountKeys = allKeys(transaction, loaded);
    return { ...history.row(sequence), id: encodeBase58(signature), signature, wire, metaText, accountKeys };
  }

  close(): void {
    this.#stopEvents();
    closeSync(this.#file);
  }
}

function transactionLine(slot: number, id: string, wire: Uint8Array): JournalLine {
  return { type: 'transaction', slot, id, wire: Buffer.from(wire).toString('base64') };
}
