/** What of an event is kept, by column name: the same object is the row's content and a sighting's. */

import { addressBytes } from '@attention-oracle/sdk';
import { type CountedClaim, type CountedProtocolState, countedClaim } from '../../../domain/counted-claim.ts';
import { type EpochSchedule, epochOfSlot } from '../../../domain/epoch-schedule.ts';
import { AppError, messageOf } from '../../../runtime/errors.ts';
import type { StreamEvent } from '../../../schemas/records.ts';
import { storableText, timestampText, wholeBigint } from './storable.ts';

/** Columns of table claims that come from the instruction. u64 values are decimal text. */
export interface ClaimContent {
  readonly channel: string;
  readonly user_pubkey: string;
  readonly slot: number;
  /** ISO 8601, UTC. */
  readonly claim_timestamp: string | null;
  readonly epoch: number;
  readonly claim_epoch: string | null;
  readonly claim_index: number | null;
  readonly amount: string;
  readonly claim_id: string;
  readonly protocol_state: string | null;
}

/** Columns of table published_roots that come from the instruction. */
export interface PublicationContent {
  readonly channel: string;
  readonly epoch: string;
  readonly root: string;
  readonly slot: number;
  /** ISO 8601, UTC. */
  readonly published_at: string | null;
  readonly protocol_state: string | null;
}

/** What decides whether and under which epoch an event counts. */
export interface CountingRules {
  readonly schedule: EpochSchedule;
  readonly protocolState: CountedProtocolState;
}

/**
 * The claim in an event, or undefined when it does not count.
 * @throws AppError RECORD_UNSTORABLE; CLAIM_INVALID for a claim that the processor refuses too, which is in no root.
 */
export function claimContent(event: StreamEvent, rules: CountingRules): ClaimContent | undefined {
  const claim = countedClaim(event, rules.protocolState);
  if (claim === undefined) return undefined;
  assertSound(claim);
  const { epoch, index } = event.instruction.data;
  return {
    channel: storableText(claim.channel, 'channel'),
    user_pubkey: storableText(claim.claimer, 'claimer'),
    slot: wholeBigint(claim.slot, 'slot'),
    claim_timestamp: timestampText(event.tx.blockTime),
    epoch: wholeBigint(epochOfSlot(rules.schedule, claim.slot), 'epoch'),
    claim_epoch: epoch?.toString() ?? null,
    claim_index: index,
    amount: claim.amount.toString(),
    claim_id: storableText(claim.id, 'id'),
    protocol_state: event.protocolState,
  };
}

/**
 * The publication of a root in an event, or undefined when it is none: failed, of another mint, or without a root.
 * @throws AppError RECORD_UNSTORABLE
 */
export function publicationContent(event: StreamEvent, rules: CountingRules): PublicationContent | undefined {
  const { epoch, root } = event.instruction.data;
  if (!event.succeeded || event.instruction.action !== 'finalize') return undefined;
  if (rules.protocolState !== undefined && event.protocolState !== rules.protocolState) return undefined;
  if (event.channel === null || epoch === null || root === null) return undefined;
  return {
    channel: storableText(event.channel, 'channel'),
    epoch: epoch.toString(),
    root: storableText(root, 'root'),
    slot: wholeBigint(event.slot, 'slot'),
    published_at: timestampText(event.tx.blockTime),
    protocol_state: event.protocolState,
  };
}

/** The signature in an event id. @throws AppError CLAIM_INVALID */
export function signatureOf(eventId: string): string {
  const signature = /^([1-9A-HJ-NP-Za-km-z]{1,128})\/\d{1,5}(?:\.\d{1,5})?$/.exec(eventId)?.[1];
  if (signature !== undefined) return signature;
  throw new AppError('CLAIM_INVALID', 'The event id is not <signature>/<outer index>[.<inner index>].', {
    context: { eventId },
  });
}

function assertSound({ eventId, signature, claimer }: Pick<CountedClaim, 'eventId' | 'signature' | 'claimer'>): void {
  try {
    if (signatureOf(eventId) === signature && addressBytes(claimer).length === 32) return;
  } catch (cause) {
    throw new AppError('CLAIM_INVALID', `The claim cannot be counted: ${messageOf(cause)}`, {
      context: { eventId },
      cause,
    });
  }
  throw new AppError('CLAIM_INVALID', 'The claim cannot be counted: its event id does not begin with its signature.', {
    context: { eventId },
  });
}
