/** The claims that a partition's log proves, by the definition alone: record by record, one event at a time. */

import { MerkleTree } from '@attention-oracle/sdk';
import { sortCanonically } from '../../../runtime/epochs/counted-claim.ts';
import { epochOfSlot } from '../../../runtime/epochs/schedule.ts';
import type { SlotWatermark, StreamEvent } from '../../../schemas/records.ts';
import { SCHEDULE } from './world.ts';

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
  const ids = new Set(log.flatMap((record) => ('event' in record ? [record.event.eventId] : [])));
  const claims = new Map<string, ReferenceClaim>();
  for (const eventId of ids) {
    const claim = judge(eventId, log);
    if (claim !== undefined) claims.set(eventId, claim);
  }
  return claims;
}

function judge(eventId: string, log: readonly LogRecord[]): ReferenceClaim | undefined {
  const last = new Map<string, StreamEvent>();
  const shown = new Map<string, StreamEvent>();
  let newest: StreamEvent | undefined;
  const stands = (event: StreamEvent): boolean => !event.retracted && event.succeeded;
  const vouchers = (): string[] =>
    [...last.values()]
      .filter(stands)
      .map(({ source }) => source)
      .sort();
  const done = (event: StreamEvent, provenOffset: number | undefined, sources: string[]): ReferenceClaim => {
    return { event, epoch: Number(epochOfSlot(SCHEDULE, event.slot)), provenOffset, vouchers: sources };
  };
  const content = (): StreamEvent | undefined => {
    const order = [...last.values()];
    const standing = order.filter(stands).at(-1);
    const said = standing ?? order.at(-1);
    return said === undefined ? undefined : (shown.get(said.source) ?? newest);
  };
  for (const [offset, record] of log.entries()) {
    if ('watermark' in record) {
      const { source, fromSlot, slot } = record.watermark;
      const event = last.get(source);
      if (event !== undefined && stands(event) && event.slot >= fromSlot && event.slot <= slot)
        return done(event, offset, vouchers());
      continue;
    }
    const { event } = record;
    if (event.eventId !== eventId || event.instruction.action !== 'claim') continue;
    const counts = event.succeeded;
    if (event.commitment === 'finalized' && !event.retracted) {
      if (counts) return done(event, offset, [...new Set([...vouchers(), event.source])].sort());
      const shownContent = content();
      if (shownContent !== undefined) return done(shownContent, undefined, []);
      continue;
    }
    if (last.size === 0 && !stands(event)) continue;
    if (counts) shown.set(event.source, event);
    else if (!shown.has(event.source)) {
      const shownContent = content();
      if (shownContent !== undefined) shown.set(event.source, shownContent);
    }
    last.delete(event.source);
    last.set(event.source, event);
    newest = content();
  }
  const event = content();
  return event === undefined ? undefined : done(event, undefined, vouchers());
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
