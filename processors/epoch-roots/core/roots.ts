/** The roots of an epoch from the rows of its bucket. */

import { MerkleTree } from '@attention-oracle/sdk';
import { type CountedClaim, sortCanonically } from '../../../domain/counted-claim.ts';
import type { RootFinalized, SlotWatermark } from '../../../schemas/records.ts';
import type { ClaimContent } from './claim-record.ts';
import type { ClaimRow } from './claim-row.ts';
import type { EpochBucket } from './epoch-bucket.ts';
import { epochIndex, epochNumber, type Rules, slotsOfIndex } from './rules.ts';

/** Where the watermark stands that finalised the epoch. */
export interface Finalizer {
  readonly watermark: SlotWatermark;
  readonly partition: number;
  readonly offset: number;
}

export interface BuiltRoot {
  readonly root: RootFinalized;
  /** Its first claims in canonical order, for who wants to follow it back: `MAX_NAMED_EVENTS` at most. */
  readonly eventIds: readonly string[];
}

const MAX_NAMED_EVENTS = 128;

/** One root a channel with proven claims in the epoch, channels ascending. The rows' content is dropped. */
export function rootsOf(rules: Rules, bucket: EpochBucket, finalizer: Finalizer): BuiltRoot[] {
  const byChannel = provenByChannel(rules, bucket);
  const channels = [...byChannel].sort(([a], [b]) => (a < b ? -1 : 1));
  return channels.map(([channel, claims]) => rootOf(rules, bucket.key, channel, claims, finalizer));
}

function provenByChannel(rules: Rules, bucket: EpochBucket): Map<string, CountedClaim[]> {
  const byChannel = new Map<string, CountedClaim[]>();
  for (const row of bucket.rows()) {
    const claim = claimProvenIn(rules, row, bucket.key);
    if (claim === undefined) continue;
    const claims = byChannel.get(claim.channel);
    const placed = { ...claim, eventId: row.eventId, signature: row.signature };
    row.strip();
    if (claims === undefined) byChannel.set(claim.channel, [placed]);
    else claims.push(placed);
  }
  return byChannel;
}

/** The claim that a row is final as, where it is one of the epoch. */
export function claimProvenIn(rules: Rules, { proven }: ClaimRow, epoch: number): ClaimContent | undefined {
  return proven !== undefined && epochIndex(rules, proven.slot) === epoch ? proven : undefined;
}

function rootOf(
  rules: Rules,
  index: number,
  channel: string,
  claims: readonly CountedClaim[],
  finalizer: Finalizer,
): BuiltRoot {
  const epoch = epochNumber(rules, index);
  const { fromSlot: startSlot, toSlot: endSlot } = slotsOfIndex(rules, index);
  const { recipe, oddNode } = rules;
  const sorted = sortCanonically(claims);
  const tree = new MerkleTree(sorted, { recipe, oddNode, channel, epoch });
  const root = {
    channel,
    epoch,
    root: tree.rootHex(),
    count: tree.size,
    recipe,
    oddNode,
    startSlot,
    endSlot,
    finalizedSlot: finalizer.watermark.slot,
    finalizedAt: finalizer.watermark.blockTime * 1000,
    sourcePartition: finalizer.partition,
    sourceOffset: finalizer.offset,
  };
  return { root, eventIds: sorted.slice(0, MAX_NAMED_EVENTS).map(({ eventId }) => eventId) };
}
