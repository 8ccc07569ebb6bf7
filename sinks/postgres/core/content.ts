/** What of an event is kept, by column name: the same object is the row's content and a sighting's. */

import type { CountedClaim } from '../../../domain/counted-claim.ts';
import { type EpochSchedule, epochOfSlot } from '../../../domain/epoch-schedule.ts';
import type { CountingRules } from '../../../domain/soundness.ts';
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

/** The row of a claim that counts. @throws AppError RECORD_UNSTORABLE */
export function claimContent(
  event: StreamEvent,
  claim: CountedClaim & { readonly channel: string },
  schedule: EpochSchedule,
): ClaimContent {
  const { epoch, index } = event.instruction.data;
  return {
    channel: storableText(claim.channel, 'channel'),
    user_pubkey: storableText(claim.claimer, 'claimer'),
    slot: wholeBigint(claim.slot, 'slot'),
    claim_timestamp: timestampText(event.tx.blockTime),
    epoch: wholeBigint(epochOfSlot(schedule, claim.slot), 'epoch'),
    claim_epoch: epoch?.toString() ?? null,
    claim_index: index,
    amount: claim.amount.toString(),
    claim_id: storableText(claim.id, 'id'),
    protocol_state: event.protocolState,
  };
}

/**
 * The publication of a root in an event, whether or not its transaction succeeded; undefined when it is none: of another mint,
 * or without a root.
 * @throws AppError RECORD_UNSTORABLE
 */
export function publicationContent(event: StreamEvent, rules: CountingRules): PublicationContent | undefined {
  const { epoch, root } = event.instruction.data;
  if (event.instruction.action !== 'finalize') return undefined;
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
