/** What the whole ledger of a partition says of roots by what they are, wherever their records stand in ao.roots.v1. */

import type { SettlementRecord } from '../../../schemas/records.ts';
import { PaidFees } from './paid-fees.ts';

/** Slots whose events a root may hold, inclusive. */
export interface RootSlots {
  readonly startSlot: number;
  readonly endSlot: number;
}

/** A root of ours that stands, or stood, on chain. */
export interface PublishedRoot {
  readonly epoch: bigint;
  readonly root: string;
  /** Undefined when ao.roots.v1 no longer holds its record. */
  readonly slots: RootSlots | undefined;
  /** Slot in which it landed; null when another published it. */
  readonly landedSlot: number | null;
  /** When our ledger first said so, Unix milliseconds; undefined where its row does not tell. */
  readonly publishedAtMs: number | undefined;
  /** Leaves; undefined when ao.roots.v1 no longer holds its record. */
  readonly count: number | undefined;
}

/** How a root ended: on chain, or passed over for good. */
export type Outcome = 'onChain' | 'conflict';

interface RootId {
  readonly channel: string;
  readonly epoch: bigint;
  readonly root: string;
}

export class PublishedRoots {
  readonly fees = new PaidFees();
  readonly #onChain = new Map<string, Map<bigint, PublishedRoot>>();
  readonly #conflicts = new Map<string, Map<bigint, string>>();
  /** Signatures without an end, by channel, epoch and bytes. */
  readonly #open = new Map<string, Set<string>>();
  readonly #epochs = new Map<string, Set<bigint>>();

  /** Takes a row of the ledger; in the order of the ledger. */
  note(
    row: Pick<SettlementRecord, 'channel' | 'epoch' | 'root' | 'status' | 'slot'> &
      Partial<Pick<SettlementRecord, 'signature' | 'at' | 'feeLamports'>>,
  ): void {
    const { channel, epoch, root, status, slot } = row;
    this.#noteAttempt(row);
    this.fees.note(row);
    entryOf(this.#epochs, channel, () => new Set<bigint>()).add(epoch);
    if (status === 'CONFLICT') entryOf(this.#conflicts, channel, () => new Map<bigint, string>()).set(epoch, root);
    if (status !== 'FINALIZED' && status !== 'ALREADY_SETTLED') return;
    const ofChannel = entryOf(this.#onChain, channel, () => new Map<bigint, PublishedRoot>());
    const known = ofChannel.get(epoch);
    const same = known?.root === root;
    const before = same ? known : { landedSlot: null, publishedAtMs: undefined, slots: undefined, count: undefined };
    ofChannel.set(epoch, {
      ...before,
      ...{ epoch, root, landedSlot: slot ?? before.landedSlot, publishedAtMs: before.publishedAtMs ?? row.at },
    });
  }

  #noteAttempt({ channel, epoch, root, status, signature }: Parameters<PublishedRoots['note']>[0]): void {
    const open = entryOf(this.#open, `${channel}/${epoch}/${root}`, () => new Set<string>());
    if (signature && (status === 'PENDING' || status === 'CONFIRMED')) open.add(signature);
    else if (signature && status === 'FAILED') open.delete(signature);
    else if (status !== 'HELD') open.clear();
  }

  /** Whether a transaction with the root may still land. */
  isUnderWay({ channel, epoch, root }: RootId): boolean {
    return (this.#open.get(`${channel}/${epoch}/${root}`)?.size ?? 0) > 0;
  }

  /** Takes a record of ao.roots.v1: slots and leaves of a root that `note` was told of. */
  noteSlots(
    { channel, epoch, root }: RootId,
    { startSlot, endSlot, count }: RootSlots & { readonly count?: number },
  ): void {
    const ofChannel = this.#onChain.get(channel);
    const known = ofChannel?.get(epoch);
    if (known?.root === root) ofChannel?.set(epoch, { ...known, slots: { startSlot, endSlot }, count });
  }

  /** How a root ended, also one whose record came again at another offset; undefined while it has not. */
  outcomeOf({ channel, epoch, root }: RootId): Outcome | undefined {
    if (this.#onChain.get(channel)?.get(epoch)?.root === root) return 'onChain';
    return this.#conflicts.get(channel)?.get(epoch) === root ? 'conflict' : undefined;
  }

  /** Whether the ledger has any row of an epoch of the channel. */
  knows(channel: string, epoch: bigint): boolean {
    return this.#epochs.get(channel)?.has(epoch) ?? false;
  }

  /** The channels of which roots stand, or stood, on chain. */
  channelsOnChain(): Iterable<string> {
    return this.#onChain.keys();
  }

  /** The roots of a channel that stand, or stood, on chain. */
  onChain(channel: string): ReadonlyMap<bigint, PublishedRoot> {
    return this.#onChain.get(channel) ?? new Map<bigint, PublishedRoot>();
  }
}

function entryOf<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = create()));
  return value;
}
