/** Records of the event topic to items, and the epochs that they show. */

import { claimRecord, recordIdentity } from '../../../domain/claim-record.ts';
import { type CountingRules, eventProblem, watermarkProblem } from '../../../domain/soundness.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { SlotWatermark, StreamEvent } from '../../../schemas/records.ts';
import { claimContent, publicationContent } from './content.ts';
import { kindOf, type StreamItem } from './stream-plan.ts';

/**
 * The item of an event; undefined when it concerns no table.
 * @throws AppError CLAIM_INVALID for a record that the processor leaves out too; RECORD_UNSTORABLE
 */
export function eventItem(event: StreamEvent, offset: number, rules: CountingRules): StreamItem | undefined {
  const kind = kindOf(event);
  if (kind === undefined) return undefined;
  const problem = eventProblem(event, rules);
  if (problem !== undefined) throw new AppError('CLAIM_INVALID', unfit('The record', problem), contextOf(event));
  if (kind === 'publication') {
    const content = publicationContent(event, rules);
    const { succeeded } = event;
    const failed = content !== undefined && !succeeded;
    return { kind, record: { ...recordIdentity(event, offset), content: succeeded ? content : undefined, failed } };
  }
  const record = claimRecord(event, offset, rules.protocolState, (claim) => claimContent(event, claim, rules.schedule));
  return record && { kind, record };
}

/** @throws AppError WATERMARK_INVALID for a watermark that the processor leaves out too. */
export function watermarkItem(watermark: SlotWatermark, offset: number, writtenAtMs?: number): StreamItem {
  const problem = watermarkProblem(watermark);
  if (problem !== undefined) {
    const { source } = watermark;
    throw new AppError('WATERMARK_INVALID', unfit('The watermark', problem), { context: { source } });
  }
  return { kind: 'watermark', watermark: { ...watermark, offset, writtenAtMs } };
}

function unfit(what: string, problem: string): string {
  return `${what} proves and counts nothing: ${problem}. Mend the listener that wrote it.`;
}

function contextOf({ eventId, source }: StreamEvent): { context: Record<string, string> } {
  return { context: { eventId, source } };
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
