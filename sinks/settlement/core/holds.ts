/** Why nothing may be sent at present although the root should be on chain, with what an operator must do. */

import { programErrorByCode } from '@attention-oracle/sdk';
import type { ProtocolView } from './ports.ts';
import type { Reason } from './reasons.ts';
import type { RingVerdict } from './ring-verdict.ts';
import type { RootToSettle } from './root-job.ts';

export const AUTO_PUBLISH_OFF = 'AUTO_PUBLISH_OFF';
export const GIVEN_UP = 'GIVEN_UP';

/** What concerns every root: the protocol's state and the signer's right. Undefined when nothing stands in the way. */
export function protocolHold(protocol: ProtocolView | undefined, payer: string): Reason | undefined {
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
    text: `the ring slot of ${channel} holds epoch ${epochInSlot}, so the program would refuse epoch ${epoch} (6023); set EPOCH_BASE to ${requiredEpochBase} or more (a multiple of 10) so that the numbering goes on above the ring, and SETTLEMENT_GIVE_UP=${channel}:${epoch} to pass this root over`,
  };
}

export function conflictReason({ channel, epoch }: RootToSettle, rootOnChain: string): Reason {
  return {
    code: 'CONFLICT',
    text: `the chain holds root ${rootOnChain} for epoch ${epoch}, not ours; later roots of ${channel} are held. Find out who published it, then set SETTLEMENT_GIVE_UP=${channel}:${epoch} to go on with later epochs`,
  };
}

export function givenUpReason({ channel, epoch }: RootToSettle, why: string): Reason {
  return { code: GIVEN_UP, text: `passed over by SETTLEMENT_GIVE_UP for ${channel} up to epoch ${epoch}: ${why}` };
}

export function stoppedHold({ channel }: RootToSettle, conflictEpoch: bigint): Reason {
  return {
    code: 'CHANNEL_STOPPED',
    text: `${channel} is stopped by the conflict of epoch ${conflictEpoch}; set SETTLEMENT_GIVE_UP=${channel}:${conflictEpoch} to go on`,
  };
}

export function fundsHold(balanceLamports: bigint, neededLamports: bigint): Reason {
  return {
    code: 'INSUFFICIENT_FUNDS',
    text: `the settlement key holds ${balanceLamports} lamports and the transaction needs ${neededLamports}; send it SOL`,
  };
}

/** @param details Instruction, accounts and cost. */
export function autoPublishHold(details: string): Reason {
  return { code: AUTO_PUBLISH_OFF, text: `would send ${details}; set AUTO_PUBLISH=true to publish` };
}
