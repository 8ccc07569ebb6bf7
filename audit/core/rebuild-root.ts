/** The root of a channel and epoch from the event topic alone: what it holds, or why there is none. Pure. */

import { MerkleTree } from '@attention-oracle/sdk';
import { sortCanonically } from '../../domain/counted-claim.ts';
import { epochIndexOfSlot } from '../../domain/epoch-schedule.ts';
import { epochNumber, type Rules, slotsOfIndex } from '../../processors/epoch-roots/core/rules.ts';
import type { RootFinalized } from '../../schemas/records.ts';
import { type ChannelClaim, ClaimFold } from './claim-fold.ts';
import { EpochSearch, type WantedRoot } from './epoch-search.ts';
import type { EventLog, LogReading } from './event-log.ts';

export interface RebuiltRoot {
  readonly kind: 'root';
  readonly root: RootFinalized;
  /** In the order of the leaves, or, where a user has one leaf, of the users first seen. */
  readonly claims: readonly ChannelClaim[];
  readonly tree: MerkleTree;
}

export type Rebuilt =
  | RebuiltRoot
  /** The topic gives no root, for a reason that it shows. */
  | { readonly kind: 'none'; readonly reason: string }
  /** The topic does not tell. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Reads the log twice: once for the watermark that seals the epoch and the events that matter, once for what these come to. */
export async function rebuildRoot(log: EventLog, rules: Rules, wanted: WantedRoot): Promise<Rebuilt> {
  const searches = new Map<number, EpochSearch>();
  const searchOf = (partition: number): EpochSearch => {
    const search = searches.get(partition) ?? new EpochSearch(rules, wanted);
    searches.set(partition, search);
    return search;
  };
  const reading = await log.read(({ partition, offset, input }) => {
    const search = searchOf(partition);
    if (input !== undefined) search.apply(offset, input);
  });
  const held = [...searches].filter(([, { candidates }]) => candidates.size > 0);
  const [first, ...others] = held;
  if (first === undefined) return noClaims(reading);
  if (others.length > 0) {
    const places = held.map(([partition]) => partition).join(', ');
    return unknown(`claims of the channel stand in partitions ${places}: a writer places keys in another way`);
  }
  const [partition, search] = first;
  if (isCut(reading, partition)) return unknown(`the beginning of partition ${partition} is gone`);
  const { seal, candidates, watermarkSlot } = search;
  if (seal === undefined) {
    const { toSlot } = slotsOfIndex(rules, wanted.index);
    const proven = watermarkSlot === undefined ? 'no watermark yet' : `watermarks up to slot ${watermarkSlot}`;
    return none(`the epoch is open: it ends at slot ${toSlot}, and partition ${partition} has ${proven}`);
  }
  if (!seal.proven) return none('the epoch was closed without a proof of all of its slots');
  const fold = new ClaimFold(rules, candidates);
  await log.read(
    ({ offset, input }) => {
      if (input !== undefined && offset <= seal.offset) fold.apply(offset, input);
    },
    new Set([partition]),
  );
  const isWanted = ({ channel, slot }: ChannelClaim): boolean =>
    channel === wanted.channel && epochIndexOfSlot(rules.schedule, slot) === wanted.index;
  const claims = sortCanonically([...fold.proven()].filter(isWanted));
  if (claims.length === 0) return none('none of the claims that were seen is proven');
  return rootOf(rules, wanted, claims, {
    finalizedSlot: seal.watermark.slot,
    finalizedAt: seal.watermark.blockTime * 1000,
    sourcePartition: partition,
    sourceOffset: seal.offset,
  });
}

type Sealed = Pick<RootFinalized, 'finalizedSlot' | 'finalizedAt' | 'sourcePartition' | 'sourceOffset'>;

function rootOf(
  rules: Rules,
  { channel, index }: WantedRoot,
  claims: readonly ChannelClaim[],
  sealed: Sealed,
): RebuiltRoot {
  const { recipe, oddNode } = rules;
  const epoch = epochNumber(rules, index);
  const { fromSlot: startSlot, toSlot: endSlot } = slotsOfIndex(rules, index);
  const tree = new MerkleTree(claims, { recipe, oddNode, channel, epoch });
  const made = { channel, epoch, root: tree.rootHex(), count: tree.size, recipe, oddNode, startSlot, endSlot };
  return { kind: 'root', root: { ...made, ...sealed }, claims, tree };
}

function noClaims(reading: LogReading): Rebuilt {
  const cut = [...reading.firstOffsets.keys()].filter((partition) => isCut(reading, partition));
  if (cut.length > 0) return unknown(`the beginning of partition ${cut.join(', ')} is gone`);
  return none('the topic holds no claim of the channel in the epoch');
}

function isCut({ firstOffsets }: LogReading, partition: number): boolean {
  return (firstOffsets.get(partition) ?? 0) > 0;
}

function none(reason: string): Rebuilt {
  return { kind: 'none', reason };
}

function unknown(reason: string): Rebuilt {
  return { kind: 'unknown', reason };
}
