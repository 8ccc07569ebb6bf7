/** What a StreamEvent says about a claim: the part of the record that the ledger keeps. */

import { claimRecord } from '../../../domain/claim-record.ts';
import { type CountingRules, eventProblem } from '../../../domain/soundness.ts';
import type { EventRecord } from '../../../domain/vouching.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { CountedEvent } from '../../../schemas/counted-event.ts';

/** The parts of a claim that its leaf and its place need. */
export interface ClaimContent {
  readonly slot: number;
  readonly channel: string;
  /** base58 */
  readonly claimer: string;
  /** Base units of the mint. */
  readonly amount: bigint;
  readonly id: string;
}

export type ClaimRecord = EventRecord<ClaimContent>;

/**
 * Undefined for events that are no claims.
 * @throws AppError CLAIM_INVALID when a claim could not stand in a tree, or not in a store: a bug of the writer, a dead letter.
 */
export function claimRecordOf(event: CountedEvent, offset: number, rules: CountingRules): ClaimRecord | undefined {
  const record = claimRecord(event, offset, rules.protocolState, ({ slot, channel, claimer, amount, id }) => {
    return { slot, channel, claimer, amount, id };
  });
  if (record === undefined) return undefined;
  const problem = eventProblem(event, rules);
  if (problem === undefined) return record;
  const { eventId, slot, source } = event;
  throw new AppError('CLAIM_INVALID', `A claim cannot be counted: ${problem}. Mend the listener that wrote it.`, {
    context: { eventId, slot, source },
  });
}
