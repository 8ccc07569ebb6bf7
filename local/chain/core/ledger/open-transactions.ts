import type { TransactionRecord } from './record.ts';

/** The transactions of slots that are not finalised yet, oldest first. */
export class OpenTransactions {
  readonly #bySlot = new Map<number, TransactionRecord[]>();
  readonly #byId = new Map<string, TransactionRecord>();

  get size(): number {
    return this.#byId.size;
  }

  add(record: TransactionRecord): void {
    const records = this.#bySlot.get(record.slot);
    if (records === undefined) this.#bySlot.set(record.slot, [record]);
    else records.push(record);
    this.#byId.set(record.id, record);
  }

  get(id: string): TransactionRecord | null {
    return this.#byId.get(id) ?? null;
  }

  inSlot(slot: number): readonly TransactionRecord[] {
    return this.#bySlot.get(slot) ?? [];
  }

  /** Removes and returns the slots up to one, in order. */
  takeUpTo(slot: number): [number, TransactionRecord[]][] {
    return this.#take((candidate) => candidate <= slot);
  }

  /** Removes and returns the slots above one, in order. */
  takeAbove(slot: number): [number, TransactionRecord[]][] {
    return this.#take((candidate) => candidate > slot);
  }

  #take(wanted: (slot: number) => boolean): [number, TransactionRecord[]][] {
    const taken = [...this.#bySlot].filter(([slot]) => wanted(slot));
    for (const [slot, records] of taken) {
      this.#bySlot.delete(slot);
      for (const record of records) this.#byId.delete(record.id);
    }
    return taken;
  }

  /** Slots above `from` up to `to` that have transactions, with them, in order. */
  *between(from: number, to: number): Generator<[number, readonly TransactionRecord[]]> {
    for (const entry of this.#bySlot) if (entry[0] > from && entry[0] <= to) yield entry;
  }

  /** Newest first, up to a slot. */
  *newestFirst(upToSlot: number): Generator<TransactionRecord> {
    for (const [slot, records] of [...this.#bySlot].reverse()) {
      if (slot > upToSlot) continue;
      for (let at = records.length - 1; at >= 0; at--) yield records[at] as TransactionRecord;
    }
  }
}
