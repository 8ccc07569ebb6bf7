import type { Address } from '../accounts/account.ts';
import { encodeBase58 } from '../encoding/base58.ts';
import { AddressIndex } from './address-index.ts';
import { CHUNK_SIZE, Chunk } from './chunk.ts';
import { packMeta, unpackMeta } from './meta-codec.ts';
import type { SignatureRow, TransactionRecord } from './record.ts';
import { SignatureTable } from './signature-table.ts';

/**
 * The finalised transactions, oldest first, in compact form: about a kilobyte each. Numbered from 0 without gaps; over
 * the limit the oldest 4,096 are forgotten at a time.
 */
export class History {
  readonly #limit: number;
  #chunks: Chunk[] = [];
  #floor = 0;
  #next = 0;
  #errorTexts: string[] = ['null'];
  readonly #errorIds = new Map<string, number>([['null', 0]]);
  readonly #memos = new Map<number, string>();
  readonly #byAddress = new AddressIndex();
  readonly #bySignature = new SignatureTable((sequence) => this.#signature(sequence));

  /** @param limit Transactions kept at least; up to 8,192 more are, since they go in chunks. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Number of the oldest transaction still kept. */
  get floor(): number {
    return this.#floor;
  }

  /** Number that the next transaction gets. */
  get next(): number {
    return this.#next;
  }

  /** Appends a transaction; slots never go down. */
  append(record: TransactionRecord): void {
    const at = this.#next % CHUNK_SIZE;
    if (at === 0) this.#open();
    const chunk = this.#chunk(this.#next);
    chunk.slots[at] = record.slot;
    chunk.times[at] = record.blockTime ?? Number.NaN;
    chunk.errors[at] = this.#errorId(record.errorText);
    chunk.push(record.signature, record.wire, packMeta(record.metaText));
    if (record.memo !== null) this.#memos.set(this.#next, record.memo);
    const sequence = this.#next++;
    for (const address of record.accountKeys) this.#byAddress.add(address, sequence);
    this.#bySignature.add(record.signature, sequence, this.#floor);
  }

  #open(): void {
    this.#chunks.push(new Chunk());
    if (this.#next - this.#floor - CHUNK_SIZE < this.#limit) return;
    this.#chunks.shift();
    this.#floor += CHUNK_SIZE;
    this.#byAddress.dropBelow(this.#floor);
    for (const sequence of this.#memos.keys()) {
      if (sequence >= this.#floor) break;
      this.#memos.delete(sequence);
    }
  }

  #errorId(text: string): number {
    const known = this.#errorIds.get(text);
    if (known !== undefined) return known;
    this.#errorTexts.push(text);
    this.#errorIds.set(text, this.#errorTexts.length - 1);
    return this.#errorTexts.length - 1;
  }

  #chunk(sequence: number): Chunk {
    const chunk = this.#chunks[Math.floor((sequence - this.#floor) / CHUNK_SIZE)];
    if (chunk === undefined) throw new RangeError(`transaction ${sequence} is not in the history`);
    return chunk;
  }

  #signature(sequence: number): Uint8Array {
    return this.#chunk(sequence).signature(sequence % CHUNK_SIZE);
  }

  find(signature: Uint8Array): number | null {
    return this.#bySignature.find(signature, this.#floor);
  }

  slot(sequence: number): number {
    return this.#chunk(sequence).slots[sequence % CHUNK_SIZE] ?? 0;
  }

  row(sequence: number): SignatureRow {
    const chunk = this.#chunk(sequence);
    const at = sequence % CHUNK_SIZE;
    const time = chunk.times[at] ?? Number.NaN;
    return {
      id: encodeBase58(this.#signature(sequence)),
      slot: chunk.slots[at] ?? 0,
      blockTime: Number.isNaN(time) ? null : time,
      errorText: this.#errorTexts[chunk.errors[at] ?? 0] ?? 'null',
      memo: this.#memos.get(sequence) ?? null,
    };
  }

  wire(sequence: number): Uint8Array {
    return this.#chunk(sequence).wire(sequence % CHUNK_SIZE);
  }

  metaText(sequence: number): string {
    return unpackMeta(this.#chunk(sequence).meta(sequence % CHUNK_SIZE));
  }

  /** Transactions that name an address, newest first, starting below a number. */
  newestFirst(address: Address, before: number): Generator<number> {
    return this.#byAddress.newestFirst(address, before);
  }

  /** Number of the first transaction whose slot is at least this one. */
  firstAtSlot(slot: number): number {
    let [low, high] = [this.#floor, this.#next];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.slot(middle) < slot) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
