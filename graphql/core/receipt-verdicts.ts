/** What a receipt says of each listener, and of each endpoint through which one has proven the slot. Pure. */

import type { EndpointVerdict, ReceiptSighting, SightingVerdict } from '../schema-types.generated.ts';

/** What a listener said last of the publication. */
export interface StoredSighting {
  readonly listener: string;
  readonly takenBack: boolean;
  /** Decimal digits. */
  readonly offset: string;
}

/** A listener that has proven the publication's slot. */
export interface ProvenBy {
  readonly listener: string;
  readonly method: string;
  readonly endpoint: string;
}

/** @param vouchers Listeners by whose word the publication is proven. @param said Empty where it was proven before this was kept. */
export function sightingsOf(vouchers: readonly string[], said: readonly StoredSighting[]): ReceiptSighting[] {
  return standing(vouchers, said).map((listener) => {
    const offset = said.find((one) => one.listener === listener && !one.takenBack)?.offset;
    return { listener, streamOffset: offset === undefined ? null : BigInt(offset) };
  });
}

/** By listener, endpoint and method. */
export function verdictsOf(
  vouchers: readonly string[],
  said: readonly StoredSighting[],
  provenBy: readonly ProvenBy[],
): EndpointVerdict[] {
  const standers = new Set(standing(vouchers, said));
  const key = ({ listener, endpoint, method }: ProvenBy): string => JSON.stringify([listener, endpoint, method]);
  return [...provenBy]
    .sort((a, b) => (key(a) < key(b) ? -1 : 1))
    .map((proof) => ({ ...proof, verdict: verdictOf(proof.listener, standers, said) }));
}

function standing(vouchers: readonly string[], said: readonly StoredSighting[]): string[] {
  const seen = said.flatMap(({ listener, takenBack }) => (takenBack ? [] : [listener]));
  return [...new Set([...vouchers, ...seen])].sort();
}

function verdictOf(listener: string, standing: ReadonlySet<string>, said: readonly StoredSighting[]): SightingVerdict {
  if (standing.has(listener)) return 'SEEN';
  if (said.some((one) => one.listener === listener)) return 'TAKEN_BACK';
  return said.length === 0 ? 'UNKNOWN' : 'NOT_SEEN';
}
