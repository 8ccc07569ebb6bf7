/** The claims that a partition's log proves, by the one rule alone: record by record, in memory. */

import { MerkleTree } from '@attention-oracle/sdk';
import { claimRecord } from '../../../domain/claim-record.ts';
import { sortCanonically } from '../../../domain/counted-claim.ts';
import { epochOfSlot } from '../../../domain/epoch-schedule.ts';
import { applyRecord, applyWatermark, type EventState } from '../../../domain/vouching.ts';
import type { SlotWatermark, StreamEvent } from '../../../schemas/records.ts';
import { RULES, SCHEDULE } from './world.ts';

export type LogRecord = { readonly event: StreamEvent } | { readonly watermark: SlotWatermark };

export interface ReferenceClaim {
  readonly event: StreamEvent;
  readonly epoch: number;
  /** Undefined: not proven. */
  readonly provenOffset: number | undefined;
  readonly vouchers: readonly string[];
}

/** Every claim that ever counted, by event id. */
export function referenceClaims(log: readonly LogRecord[]): Map<string, ReferenceClaim> {
  const states = new Map<string, EventState<StreamEvent>>();
  for (const [offset, record] of log.entries()) {
    if ('watermark' in record) {
      const range = { ...record.watermark, offset };
      for (const [eventId, state] of states) states.set(eventId, applyWatermark(state, range));
      continue;
    }
    const { event } = record;
    const vouching = claimRecord(event, offset, RULES.protocolState, () => event);
    const state = vouching && applyRecord(states.get(event.eventId), vouching);
    if (state !== undefined) states.set(event.eventId, state);
  }
  const claims = new Map<string, ReferenceClaim>();
  for (const [eventId, { content: event, provenOffset, vouchers }] of states) {
    if (event === undefined) continue;
    const epoch = Number(epochOfSlot(SCHEDULE, event.slot));
    claims.set(eventId, { event, epoch, provenOffset: provenOffset ?? undefined, vouchers });
  }
  return claims;
}

/** Root and count of a channel's claims in an epoch that are proven up to an offset; undefined when there are none. */
export function referenceRoot(
  claims: Iterable<ReferenceClaim>,
  channel: string,
  epoch: number,
  sourceOffset: number,
): { root: string; count: number } | undefined {
  const counted = [...claims]
    .filter((claim) => claim.event.channel === channel && claim.epoch === epoch)
    .filter(({ provenOffset }) => provenOffset !== undefined && provenOffset <= sourceOffset)
    .map(({ event }) => {
      const { claimer, amount, id } = event.instruction.data;
      return { ...event, claimer: claimer ?? '', amount: amount ?? 0n, id: id ?? '' };
    });
  if (counted.length === 0) return undefined;
  const tree = new MerkleTree(sortCanonically(counted));
  return { root: tree.rootHex(), count: tree.size };
}
