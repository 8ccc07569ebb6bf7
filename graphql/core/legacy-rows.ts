/** Rows that the legacy system left: served with the status that they have, and with what makes them uncertain. Pure. */

import type { LegacySource } from '../schema-types.generated.ts';

export interface LegacyClaimView {
  readonly id: string;
  readonly channel: string | null;
  readonly user: string | null;
  readonly slot: bigint | null;
  readonly claimedAt: Date | null;
  readonly status: string | null;
  readonly held: string | null;
}

export interface LegacyRootView {
  readonly source: LegacySource;
  readonly channel: string;
  readonly epoch: bigint;
  readonly root: string | null;
  readonly count: number | null;
  readonly finalizedAt: Date | null;
  readonly status: string | null;
  readonly held: string | null;
}

const CLAIM_STATUSES = ['pending', 'included', 'settled'];
const ROOT_STATUSES = ['ready_for_settlement', 'settled'];

/** Why nothing can be built on a claim of the legacy system; null where it is whole. */
export function whyClaimHeld({
  channel,
  user,
  slot,
  status,
}: Omit<LegacyClaimView, 'held' | 'id' | 'claimedAt'>): string | null {
  if (channel === null || user === null || slot === null)
    return 'The row does not say whose claim it is, of which channel, or when.';
  if (!CLAIM_STATUSES.includes(status ?? '')) return `The status ${status ?? 'null'} is none of the legacy system's.`;
  return null;
}

/** Why nothing can be built on a root of the legacy system. @param roots All that it has for the channel and epoch. */
export function whyRootHeld(
  { root, status }: Pick<LegacyRootView, 'root' | 'status'>,
  roots: readonly (string | null)[],
): string | null {
  if (root === null || !/^(0x)?[0-9a-fA-F]{64}$/.test(root)) return 'The root is not 32 bytes in hexadecimal.';
  if (new Set(roots.map((other) => other?.replace(/^0x/, '').toLowerCase())).size > 1)
    return `The legacy system holds ${roots.length} rows with different roots for the channel and epoch.`;
  if (!ROOT_STATUSES.includes(status ?? '')) return `The status ${status ?? 'null'} is none of the legacy system's.`;
  return null;
}
