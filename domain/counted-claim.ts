/** What of an event enters a root, and in which order. Pure. */

import type { CountedEvent } from '../schemas/counted-event.ts';

const ONE = '1'.charCodeAt(0);

/** A claim as the recipes take it. */
export interface CountedClaim {
  readonly eventId: string;
  readonly slot: number;
  readonly signature: string;
  /** base58 */
  readonly claimer: string;
  /** Base units of the mint. */
  readonly amount: bigint;
  readonly id: string;
}

/** The protocol state that is counted: that of the deployment's mint; undefined counts every one. */
export type CountedProtocolState = string | undefined;

/**
 * The claim in an event whether or not its transaction succeeded; undefined for what would not be counted either way: other
 * actions, other mints, claims that miss a part. Retraction is not judged here: it is a state, not a property of the content.
 */
export function countedIfSucceeded(
  event: CountedEvent,
  protocolState: CountedProtocolState,
): (CountedClaim & { channel: string }) | undefined {
  const { claimer, amount, id } = event.instruction.data;
  if (event.instruction.action !== 'claim' || event.channel === null) return undefined;
  if (protocolState !== undefined && event.protocolState !== protocolState) return undefined;
  if (claimer === null || amount === null || id === null) return undefined;
  return {
    eventId: event.eventId,
    slot: event.slot,
    signature: event.signature,
    channel: event.channel,
    claimer,
    amount,
    id,
  };
}

/**
 * Canonical order of the claims of a channel and epoch: slot, signature bytes, outer index, inner index (a top-level
 * instruction before the ones it calls). Does not depend on arrival.
 */
export function sortCanonically<Claim extends Pick<CountedClaim, 'eventId' | 'slot' | 'signature'>>(
  claims: Iterable<Claim>,
): Claim[] {
  return [...claims].sort((a, b) => {
    if (a.slot !== b.slot) return a.slot - b.slot;
    if (a.signature !== b.signature) return compareSignatures(a.signature, b.signature);
    const [outerA, innerA] = instructionPath(a.eventId);
    const [outerB, innerB] = instructionPath(b.eventId);
    return outerA - outerB || innerA - innerB;
  });
}

/**
 * Byte order of two signatures, read off their base58 text: all have 64 bytes, the alphabet ascends in ASCII, and leading
 * ones are zero bytes, so the number with more digits, or the later digit, is the larger. A million need no decoding.
 */
export function compareSignatures(a: string, b: string): number {
  const digitsA = withoutLeadingOnes(a);
  const digitsB = withoutLeadingOnes(b);
  return digitsA.length - digitsB.length || (digitsA < digitsB ? -1 : digitsA > digitsB ? 1 : 0);
}

function withoutLeadingOnes(text: string): string {
  let start = 0;
  while (text.charCodeAt(start) === ONE) start += 1;
  return text.slice(start);
}

/** [outer, inner] of an event id; -1 for no inner index. */
function instructionPath(eventId: string): [number, number] {
  const [outer, inner = '-1'] = eventId.slice(eventId.lastIndexOf('/') + 1).split('.');
  return [Number(outer), Number(inner)];
}
