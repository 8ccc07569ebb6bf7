/** Records of the event topic to items, and the epochs that they show. */

import { AppError } from '../../../runtime/errors.ts';
import type { SlotWatermark, StreamEvent } from '../../../schemas/records.ts';
import { type CountingRules, claimContent, publicationContent, signatureOf } from './content.ts';
import { storableText, timestampText, wholeBigint } from './storable.ts';
import { kindOf, type StreamItem } from './stream-plan.ts';

/**
 * The item of an event; undefined when it concerns no table.
 * @throws AppError RECORD_UNSTORABLE, CLAIM_INVALID
 */
export function eventItem(event: StreamEvent, offset: number, rules: CountingRules): StreamItem | undefined {
  const kind = kindOf(event);
  if (kind === undefined) return undefined;
  signatureOf(event.eventId);
  const base = {
    eventId: event.eventId,
    source: storableText(event.source, 'source'),
    offset,
    slot: wholeBigint(event.slot, 'slot'),
    finalized: event.commitment === 'finalized',
    retracted: event.retracted,
  };
  return kind === 'claim'
    ? { kind, record: { ...base, content: claimContent(event, rules) } }
    : { kind, record: { ...base, content: publicationContent(event, rules) } };
}

/** @throws AppError RECORD_UNSTORABLE, WATERMARK_INVALID */
export function watermarkItem(watermark: SlotWatermark, offset: number): StreamItem {
  for (const field of ['source', 'method', 'endpoint'] as const) storableText(watermark[field], field);
  for (const field of ['fromSlot', 'slot', 'signatures'] as const) wholeBigint(watermark[field], field);
  timestampText(watermark.blockTime);
  if (watermark.slot < watermark.fromSlot) {
    const { fromSlot, slot } = watermark;
    throw new AppError('WATERMARK_INVALID', `A watermark proves no range: ${fromSlot} to ${slot}.`, {
      context: { source: watermark.source },
    });
  }
  return { kind: 'watermark', watermark: { ...watermark, offset } };
}

/** Epochs of the counted claims among the items, whatever becomes of them later. Sorted. */
export function epochsShown(items: readonly StreamItem[]): number[] {
  const epochs = new Set<number>();
  for (const item of items) {
    if (item.kind === 'claim' && item.record.content !== undefined && !item.record.retracted) {
      epochs.add(item.record.content.epoch);
    }
  }
  return [...epochs].sort((a, b) => a - b);
}
