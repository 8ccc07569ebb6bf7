/** Why nothing may be sent at present although the root should be on chain, with what an operator must do. */

import { programErrorByCode } from '@attention-oracle/sdk';
import { messageOf } from '../../../runtime/errors.ts';
import type { Tally } from './attempt-tally.ts';
import { isUnreadable, type ProtocolView, type Unreadable } from './ports.ts';
import type { Reason } from './reasons.ts';
import type { RingVerdict } from './ring-verdict.ts';
import type { RootToSettle } from './root-job.ts';

export const AUTO_PUBLISH_OFF = 'AUTO_PUBLISH_OFF';
/** The cut-over stands where the legacy system publishes. */
export const LEGACY_PUBLISHES = 'POLICY_LEGACY_PUBLISHES';
export const GIVEN_UP = 'GIVEN_UP';
export const WAITING_BEHIND = 'WAITING_BEHIND';
/** Written before a root goes that somebody approved or released. */
export const LET_GO_BY_PERSON = 'LET_GO_BY_PERSON';
/** Reasons that stand for themselves: nothing is wrong with such a root. */
export const EXPECTED_HOLDS: ReadonlySet<string> = new Set([
  ...[AUTO_PUBLISH_OFF, LEGACY_PUBLISHES, WAITING_BEHIND, LET_GO_BY_PERSON],
]);

export const SETTLED_BEFORE: Reason = {
  code: 'SETTLED_BEFORE',
  text: 'the ledger has this root on chain already: its record came again',
};
export const PUBLISHED_BEFORE: Reason = {
  code: 'PUBLISHED_BEFORE',
  text: 'the history of the channel has this root, and its ring holds later ones by now',
};

/** What concerns every root: the protocol's state and the signer's right. Undefined when nothing stands in the way. */
export function protocolHold(protocol: ProtocolView | Unreadable | undefined, payer: string): Reason | undefined {
  if (isUnreadable(protocol)) {
    return {
      code: 'PROTOCOL_STATE_UNREADABLE',
      text: `the protocol state of the mint cannot be read (${protocol.unreadable}), so nothing is sent; run a release whose SDK knows this build of the program`,
    };
  }
  if (protocol === undefined) {
    return {
      code: 'PROTOCOL_NOT_INITIALIZED',
      text: 'the mint has no protocol state on this chain; check MINT_PUBKEY, AO_PROGRAM_ID and ANCHOR_PROVIDER_URL',
    };
  }
  if (protocol.paused) {
    return { code: 'PROTOCOL_PAUSED', text: `the protocol is paused; ${programErrorByCode(6005)?.whatToDo ?? ''}` };
  }
  if (payer !== protocol.admin && payer !== protocol.publisher) {
    return {
      code: 'UNAUTHORIZED',
      text: `the settlement key ${payer} is neither the admin ${protocol.admin} nor the publisher ${protocol.publisher}; set SETTLEMENT_KEYPAIR to one of them or make it the publisher`,
    };
  }
  return undefined;
}

export function passedHold(
  { channel, epoch }: RootToSettle,
  { epochInSlot, requiredEpochBase }: Extract<RingVerdict, { kind: 'passed' }>,
): Reason {
  return {
    code: 'EPOCH_NOT_ABOVE_RING',
    text: `the ring slot of ${channel} holds epoch ${epochInSlot}, so the program would refuse epoch ${epoch} (6023), and neither the ledger nor the history of the channel has this root on chain. Nothing that waits mends it: \`ao epoch-base check\` shows what each ring holds and how far our numbers are below; \`ao epoch-base change --to ${requiredEpochBase} --later --dry-run\` shows how epochs to come are numbered above it; SETTLEMENT_GIVE_UP=${channel}:${epoch} passes this root over`,
  };
}

export function conflictReason({ channel, epoch }: RootToSettle, rootOnChain: string): Reason {
  return {
    code: 'CONFLICT',
    text: `the chain holds root ${rootOnChain} for epoch ${epoch}, not ours; later roots of ${channel} are held. Find out who published it, then set SETTLEMENT_GIVE_UP=${channel}:${epoch} to go on with later epochs`,
  };
}

/** @param by Who gave it up; undefined: the configuration does. */
export function givenUpReason({ channel, epoch }: RootToSettle, why: string, by: string | undefined): Reason {
  return {
    code: GIVEN_UP,
    text: `passed over by ${by ?? 'SETTLEMENT_GIVE_UP'} for ${channel} up to epoch ${epoch}: ${why}`,
  };
}

export function stoppedHold({ channel }: RootToSettle, conflictEpoch: bigint): Reason {
  return {
    code: 'CHANNEL_STOPPED',
    text: `${channel} is stopped by the conflict of epoch ${conflictEpoch}; set SETTLEMENT_GIVE_UP=${channel}:${conflictEpoch} to go on`,
  };
}

/** The account is there and of no layout that this release knows. */
export function unreadableHold({ channel }: RootToSettle, { unreadable }: Unreadable): Reason {
  return {
    code: 'CHANNEL_ACCOUNT_UNREADABLE',
    text: `the account of ${channel} cannot be read (${unreadable}): what its ring holds is unknown, so nothing is sent; run a release whose SDK knows this build of the program`,
  };
}

/** No transaction can carry it. */
export function unpublishableHold({ channel, epoch }: RootToSettle, why: string): Reason {
  return {
    code: 'ROOT_UNPUBLISHABLE',
    text: `no transaction can carry this root: ${why}. Find out where the name of its channel comes from; SETTLEMENT_GIVE_UP=${channel}:${epoch} passes it over`,
  };
}

/** The chain refused it too often, and each time was paid for. */
export function exhaustedHold({ channel, epoch }: RootToSettle, { failures, lostLamports }: Tally): Reason {
  return {
    code: 'ATTEMPTS_EXHAUSTED',
    text: `${failures} transactions of this root failed on chain and cost ${lostLamports} lamports, although the node's simulation passed: the node behind ANCHOR_PROVIDER_URL is wrong or behind. Use another one and raise SETTLEMENT_MAX_FAILURES or SETTLEMENT_MAX_LOST_LAMPORTS to try again, or pass it over by SETTLEMENT_GIVE_UP=${channel}:${epoch}`,
  };
}

/** A call about this root fails again and again while the node answers others. */
export function callFailedHold(call: string, cause: unknown): Reason {
  return {
    code: 'CHAIN_CALL_FAILED',
    text: `the chain does not answer ${call} for this root (${messageOf(cause).slice(0, 200)}), although it answers other calls; it is asked again. Add another endpoint to ANCHOR_PROVIDER_URL if it stays so`,
  };
}

export function fundsHold(balanceLamports: bigint, neededLamports: bigint): Reason {
  return {
    code: 'INSUFFICIENT_FUNDS',
    text: `the settlement key holds ${balanceLamports} lamports and the transaction needs ${neededLamports}; send it SOL`,
  };
}

/** @param firstCode Why the oldest open root of the channel is held; undefined while it is on its way. */
export function behindHold({ channel }: RootToSettle, first: RootToSettle, firstCode: string | undefined): Reason {
  const why = firstCode === undefined ? 'which is on its way' : `which is held (${firstCode})`;
  return {
    code: WAITING_BEHIND,
    text: `waits for the roots of ${channel} before it, the oldest of them epoch ${first.epoch}, ${why}; it follows by itself`,
  };
}

/** @param details Instruction, accounts and cost. */
export function autoPublishHold(details: string): Reason {
  return { code: AUTO_PUBLISH_OFF, text: `would send ${details}; set AUTO_PUBLISH=true to publish` };
}
