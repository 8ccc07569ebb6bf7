/** The roots of an epoch from the rows of its bucket. */

import { MerkleTree } from '@attention-oracle/sdk';
import { sortCanonically } from '../../../domain/counted-claim.ts';
import type { RootFinalized, SlotWatermark } from '../../../schemas/records.ts';
import type { ClaimRow } from './claim-row.ts';
import type { EpochBucket } from './epoch-bucket.ts';
import { epochIndex, epochNumber, type Rules, slotsOfIndex } from './rules.ts';

/** Where the watermark stands that finalised the epoch. */
export interface Finalizer {
  readonly watermark: SlotWatermark;
  readonly partition: number;
  readonly offset: number;
}

/** One root a channel with proven claims in the epoch, channels ascending. The rows' content is dropped. */
export function rootsOf(rules: Rules, bucket: EpochBucket, finalizer: Finalizer): RootFinalized[] {
  const byChannel = provenByChannel(rules, bucket);
  const channels = [...byChannel.keys()].sort((a, b) => (a < b ? -1 : 1));
  return channels.map((channel) => rootOf(rules, bucket.epoch, channel, byChannel.get(channel) ?? [], finalizer));
}

function provenByChannel(rules: Rules, bucket: EpochBucket): Map<string, ClaimRow[]> {
  const byChannel = new Map<string, ClaimRow[]>();
  for (const row of bucket.rows()) {
    if (!isProvenIn(rules, row, bucket.epoch)) continue;
    const rows = byChannel.get(row.channel);
    if (rows === undefined) byChannel.set(row.channel, [row]);
    else rows.push(row);
  }
  return byChannel;
}

/** Whether the row is a final, counted claim of the epoch. */
export function isProvenIn(rules: Rules, row: ClaimRow, epoch: number): boolean {
  return row.isCounted && epochIndex(rules, row.finalSlot) === epoch;
}

function rootOf(
  rules: Rules,
  index: number,
  channel: string,
  rows: readonly ClaimRow[],
  finalizer: Finalizer,
): RootFinalized {
  const epoch = epochNumber(rules, index);
  const claims = sortCanonically(
    rows.map((row) => ({ ...contentOf(row), eventId: row.eventId, slot: row.finalSlot, signature: row.signature })),
  );
  const { recipe, oddNode } = rules;
  const tree = new MerkleTree(claims, { recipe, oddNode, channel, epoch });
  const root: RootFinalized = {
    channel,
    epoch,
    root: tree.rootHex(),
    count: tree.size,
    recipe,
    oddNode,
    ...slotsOfIndex(rules, index),
    finalizedSlot: finalizer.watermark.slot,
    finalizedAt: finalizer.watermark.blockTime * 1000,
    sourcePartition: finalizer.partition,
    sourceOffset: finalizer.offset,
  };
  for (const row of rows) row.strip();
  return root;
}

function contentOf({ claimer, amount, id }: ClaimRow): { claimer: string; amount: bigint; id: string } {
  return { claimer, amount, id };
}
