/** The claims that a partition's log proves, by the definition alone: record by record, one event at a time. */

import { MerkleTree } from '@attention-oracle/sdk';
import { sortCanonically } from '../../../domain/counted-claim.ts';
import { epochOfSlot } from '../../../domain/epoch-schedule.ts';
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

interface Version {
  readonly event: StreamEvent;
  /** The event whose content is shown for it. */
  readonly shown: StreamEvent;
  readonly retracted: boolean;
}

function judge(eventId: string, log: readonly LogRecord[]): ReferenceClaim | undefined {
  // By source, in the order of the newest change.
  const versions = new Map<string, Version>();
  const standing = (): Version[] =>
    [...versions.values()].filter(({ event, retracted }) => event.succeeded && !retracted);
  const vouchers = (): string[] =>
    standing()
      .map(({ event }) => event.source)
      .sort();
  const shown = (): StreamEvent | undefined => (standing().at(-1) ?? [...versions.values()].at(-1))?.shown;
  const say = (version: Version): void => {
    versions.delete(version.event.source);
    versions.set(version.event.source, version);
  };
  const claim = (
    event: StreamEvent | undefined,
    provenOffset: number | undefined,
    sources: string[],
  ): ReferenceClaim | undefined =>
    event && { event, epoch: Number(epochOfSlot(SCHEDULE, event.slot)), provenOffset, vouchers: sources };

  for (const [offset, record] of log.entries()) {
    if ('watermark' in record) {
      const { source, fromSlot, slot } = record.watermark;
      const version = versions.get(source);
      if (version === undefined || version.retracted) continue;
      if (version.event.slot < fromSlot || version.event.slot > slot) continue;
      return version.event.succeeded ? claim(version.shown, offset, vouchers()) : claim(version.shown, undefined, []);
    }
    const { event } = record;
    if (event.eventId !== eventId || event.instruction.action !== 'claim') continue;
    const version = versions.get(event.source);
    if (event.retracted) {
      if (version?.event.slot === event.slot && !version.retracted) say({ ...version, retracted: true });
    } else if (event.commitment === 'finalized') {
      if (event.succeeded) return claim(event, offset, [...new Set([...vouchers(), event.source])].sort());
      if (versions.size > 0) return claim(shown(), undefined, []);
    } else if (event.succeeded || versions.size > 0) {
      const isSame =
        version?.event.slot === event.slot && (version.retracted || version.event.succeeded === event.succeeded);
      const content = event.succeeded ? event : (version?.shown ?? shown());
      if (!isSame && content !== undefined) say({ event, shown: content, retracted: false });
    }
  }
  return claim(shown(), undefined, vouchers());
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
