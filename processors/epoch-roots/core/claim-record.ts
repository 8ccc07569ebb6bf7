/** What a StreamEvent says about a claim: the part of the record that the ledger keeps. */

import { addressBytes } from '@attention-oracle/sdk';
import { countedClaim } from '../../../domain/counted-claim.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { StreamEvent } from '../../../schemas/records.ts';

/** The parts of a claim that its leaf and its place need. */
export interface ClaimContent {
  readonly channel: string;
  /** base58 */
  readonly claimer: string;
  /** Base units of the mint. */
  readonly amount: bigint;
  readonly id: string;
}

export interface ClaimRecord {
  readonly eventId: string;
  readonly slot: number;
  /** Id of the listener that wrote it. */
  readonly source: string;
  readonly kind: 'confirmed' | 'finalized' | 'retracted';
  /** The counted claim in it; undefined where it counts nothing. */
  readonly claim: ClaimContent | undefined;
  /** Whether it would be a counted claim had the transaction succeeded. */
  readonly isClaim: boolean;
}

/**
 * @param protocolState The counted protocol state; undefined counts every one.
 * @throws AppError CLAIM_INVALID when a counted claim could not stand in a tree: a bug of the writer, a dead letter.
 */
export function claimRecordOf(event: StreamEvent, protocolState: string | undefined): ClaimRecord {
  const claim = countedClaim(event, protocolState);
  const isClaim =
    claim !== undefined ||
    (!event.succeeded && countedClaim({ ...event, succeeded: true }, protocolState) !== undefined);
  if (isClaim) assertSound(event);
  return {
    eventId: event.eventId,
    slot: event.slot,
    source: event.source,
    kind: event.retracted ? 'retracted' : event.commitment,
    claim,
    isClaim,
  };
}

function assertSound(event: StreamEvent): void {
  const { eventId, signature, slot } = event;
  const problem = !isBase58(signature)
    ? 'its signature is not base58'
    : !(eventId.startsWith(signature) && /^\/\d{1,5}(\.\d{1,5})?$/.test(eventId.slice(signature.length)))
      ? 'its event id is not <signature>/<outer index>[.<inner index>]'
      : slot < 0
        ? 'its slot is negative'
        : isAddress(event.instruction.data.claimer ?? '')
          ? undefined
          : 'its claimer is not a base58 address';
  if (problem === undefined) return;
  throw new AppError('CLAIM_INVALID', `A claim cannot be counted: ${problem}. Mend the listener that wrote it.`, {
    context: { eventId, slot, source: event.source },
  });
}

function isBase58(text: string): boolean {
  return /^[1-9A-HJ-NP-Za-km-z]{1,128}$/.test(text);
}

function isAddress(text: string): boolean {
  try {
    return addressBytes(text).length === 32;
  } catch {
    return false;
  }
}
