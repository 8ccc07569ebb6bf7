/** What whoever wants to claim can do about a refusal. Pure. */

import type { NotClaimable } from '../schema-types.generated.ts';

const ADVICE: Readonly<Record<NotClaimable, string>> = {
  ACCOUNT_UNREADABLE: 'Tell the operator: the program has an account that this release cannot read.',
  ALREADY_CLAIMED: 'Nothing: the payment was made.',
  CHAIN_NOT_CONFIGURED: 'Ask a gateway that has ANCHOR_PROVIDER_URL and MINT_PUBKEY.',
  CHAIN_UNAVAILABLE: 'Ask again: the chain does not answer the gateway.',
  INDEX_TOO_HIGH: 'Nothing: a ring slot cannot mark this index, so it can never be claimed.',
  NOT_IN_ROOT: 'Check user, channel and epoch: the root is final and has no leaf of this user.',
  NO_ROOT: 'Wait until the epoch is finalised, if it is not over; check channel and epoch otherwise.',
  PROGRAM_PAUSED: 'Wait until the admin resumes the program.',
  PROOF_NOT_STORED: 'Ask again: the tree of the root is being stored.',
  RECEIPT_REQUIRED: 'Claim with claim_channel_open_with_receipt.',
  RECIPE_NOT_CLAIMABLE: 'Nothing: the program makes claim-v0 leaves only.',
  ROOT_DIFFERS: 'Tell the operator: the ring holds another root for this epoch.',
  ROOT_LEFT_RING: 'Nothing: a later epoch has taken its place in the ring, so it can no longer be claimed.',
  ROOT_NOT_PUBLISHED: 'Wait until the root is settled.',
  TREASURY_TOO_SMALL: 'Wait until the treasury is filled.',
};

export function adviceFor(reason: NotClaimable): string {
  return ADVICE[reason];
}
