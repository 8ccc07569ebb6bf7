import type { Address } from '../accounts/account.ts';

/** Sequence numbers, rising, in one growing array. */
class SequenceList {
  items: Uint32Array;
  length = 0;

  constructor(first: number) {
    this.items = new Uint32Array(4);
    this.push(first);
  }

  push(sequence: number): void {
    if (this.length === this.items.length) {
      const larger = new Uint32Array(this.length * 2);
      larger.set(this.items);
      this.items = larger;
    }
    this.items[this.length++] = sequence;
  }

  dropBelow(floor: number): void {
    const kept = this.items.subarray(0, this.length).filter((sequence) => sequence >= floor);
    this.items = kept.length < 4 ? new Uint32Array(4) : new Uint32Array(kept.length);
    this.items.set(kept);
    this.length = kept.length;
  }
}

/** Which transactions name an address. Most addresses have one transaction, which is kept as a plain number. */
export class AddressIndex {
  readonly #lists = new Map<Address, number | SequenceList>();

  add(address: Address, sequence: number): void {
    const known = this.#lists.get(address);
    if (known === undefined) {
      this.#lists.set(address, sequence);
    } else if (typeof known === 'number') {
      const list = new SequenceList(known);
      list.push(sequence);
      this.#lists.set(address, list);
    } else {
      known.push(sequence);
    }
  }

  /** Sequence numbers of an address below `before`, newest first. */
  *newestFirst(address: Address, before: number): Generator<number> {
    const known = this.#lists.get(address);
    if (known === undefined) return;
    if (typeof known === 'number') {
      if (known < before) yield known;
      return;
    }
    for (let at = lowerBound(known, before) - 1; at >= 0; at--) yield known.items[at] ?? 0;
  }

  /** Forgets all sequence numbers below `floor`. */
  dropBelow(floor: number): void {
    for (const [address, known] of this.#lists) {
      if (typeof known === 'number') {
        if (known < floor) this.#lists.delete(address);
        continue;
      }
      known.dropBelow(floor);
      if (known.length === 0) this.#lists.delete(address);
    }
  }
}

/** Position of the first number that is not below `bound`. */
function lowerBound(list: SequenceList, bound: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list.items[middle] ?? 0) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
