/** How far a root is on its way to the chain, in words. Pure. */

import type { NotClaimable, SettlementStatus } from '../operations.generated.ts';

export type Tone = 'good' | 'under-way' | 'bad' | 'uncertain';

export interface Said {
  readonly word: string;
  readonly meaning: string;
  readonly tone: Tone;
}

const SAID: Readonly<Record<SettlementStatus, Said>> = {
  PENDING: { word: 'sending', meaning: 'The publisher is about to send it, or has sent it.', tone: 'under-way' },
  CONFIRMED: { word: 'confirmed', meaning: 'The cluster has confirmed it; it is not final yet.', tone: 'under-way' },
  FINALIZED: { word: 'settled', meaning: 'It is on chain, and final.', tone: 'good' },
  ALREADY_SETTLED: { word: 'settled', meaning: 'It was on chain already.', tone: 'good' },
  FAILED: { word: 'failed', meaning: 'The last attempt failed; it is tried again.', tone: 'bad' },
  CONFLICT: { word: 'conflict', meaning: 'The chain holds other bytes: an operator has to look.', tone: 'bad' },
  HELD: { word: 'held', meaning: 'It is not sent, for a reason.', tone: 'uncertain' },
};

const NOT_SENT: Said = { word: 'not sent yet', meaning: 'No attempt to publish it is recorded.', tone: 'under-way' };

export function settlementSaid(status: SettlementStatus | null, settled: boolean): Said {
  if (settled) return SAID.FINALIZED;
  if (status === null) return NOT_SENT;
  // Of a gateway that is newer than this page.
  return (
    SAID[status] ?? {
      word: String(status).toLowerCase(),
      meaning: 'This page does not know the status.',
      tone: 'uncertain',
    }
  );
}

const REFUSALS: Readonly<Record<NotClaimable, string>> = {
  ROOT_NOT_PUBLISHED: 'The ring on chain does not hold the root yet.',
  ROOT_LEFT_RING: "A later epoch has taken the root's place in the ring.",
  ROOT_DIFFERS: 'The ring holds another root for this epoch.',
  ALREADY_CLAIMED: 'It was claimed already.',
  INDEX_TOO_HIGH: 'The index is beyond what the ring can mark.',
  RECIPE_NOT_CLAIMABLE: 'The program takes claim-v0 leaves only.',
  PROGRAM_PAUSED: 'The program is paused.',
  TREASURY_TOO_SMALL: 'The treasury holds less than the amount.',
  RECEIPT_REQUIRED: 'The policy asks for a receipt, so it may or may not be accepted.',
  CHAIN_NOT_CONFIGURED: 'This gateway is not told where the chain or the mint is.',
  CHAIN_UNAVAILABLE: 'The chain does not answer the gateway.',
  ACCOUNT_UNREADABLE: 'An account on chain is of a form that this release cannot read.',
  NO_ROOT: 'The epoch has no root of the channel.',
  NOT_IN_ROOT: 'The root has no leaf of this wallet.',
  PROOF_NOT_STORED: "The root's tree is not stored yet.",
};

export function refusalSaid(reason: NotClaimable | null): string {
  return reason === null ? 'The gateway gave no reason.' : (REFUSALS[reason] ?? reason);
}
