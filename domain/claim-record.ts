/** A StreamEvent as a record of a claim: what the rule of vouching takes. Pure. */

import type { CountedEvent } from '../schemas/counted-event.ts';
import { type CountedClaim, countedIfSucceeded } from './counted-claim.ts';
import type { EventRecord } from './vouching.ts';

/** What of a StreamEvent bears on whether its event counts. */
export type RecordIdentity = Pick<
  EventRecord<never>,
  'eventId' | 'source' | 'offset' | 'slot' | 'finalized' | 'retracted'
>;

/** @param offset Of the record in its partition. */
export function recordIdentity(event: CountedEvent, offset: number): RecordIdentity {
  return {
    eventId: event.eventId,
    source: event.source,
    offset,
    slot: event.slot,
    finalized: event.commitment === 'finalized',
    retracted: event.retracted,
  };
}

/**
 * The record of a claim instruction; undefined for other actions.
 * @param protocolState The counted protocol state; undefined counts every one.
 * @param contentOf What is kept of a claim that counts.
 */
export function claimRecord<Content>(
  event: CountedEvent,
  offset: number,
  protocolState: string | undefined,
  contentOf: (claim: CountedClaim & { readonly channel: string }) => Content,
): EventRecord<Content> | undefined {
  if (event.instruction.action !== 'claim') return undefined;
  const claim = countedIfSucceeded(event, protocolState);
  return {
    ...recordIdentity(event, offset),
    content: claim !== undefined && event.succeeded ? contentOf(claim) : undefined,
    failed: claim !== undefined && !event.succeeded,
  };
}
