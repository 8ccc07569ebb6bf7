/** getTransaction answers with claims, in every form that the chain has. */

import { base58Encode, encodeInstruction, PROGRAM_ID } from '@attention-oracle/sdk';
import { SeededRandom } from '../../../simulation/random.ts';
import type { FixtureTransaction } from './fixture-rpc.ts';

export interface ClaimShape {
  readonly slot: number;
  readonly channel?: string;
  readonly version?: 'legacy' | 0 | 1;
  readonly failed?: boolean;
  /** The claim is called by another program. */
  readonly inner?: boolean;
  /** The program and the claimer come from an address lookup table. */
  readonly lookedUp?: boolean;
  /** Instruction bytes in place of a claim's. */
  readonly data?: Uint8Array;
  readonly blockTime?: number | null;
}

const random = new SeededRandom(20_251);
const address = (): string => base58Encode(random.bytes(32));

/** A transaction with one claim and a signature of its own. */
export function claimTransaction(shape: ClaimShape): FixtureTransaction {
  const signature = base58Encode(random.bytes(64));
  const { slot, failed = false, version = 'legacy', blockTime = 1_760_000_000 + slot } = shape;
  const [payer, claimer, state, other] = [address(), address(), address(), address()];
  const data =
    shape.data ??
    encodeInstruction('claim_channel_open', {
      channel: shape.channel ?? 'lofi',
      epoch: 1n,
      index: slot,
      amount: 10n,
      id: signature.slice(0, 12),
      proof: [],
    });
  const looked = shape.lookedUp === true;
  const accountKeys = looked ? [payer, other] : [payer, other, claimer, state, PROGRAM_ID];
  // Behind the static keys: the writable looked-up ones, then the readonly ones.
  const loadedAddresses = looked
    ? { writable: [claimer, state], readonly: [PROGRAM_ID] }
    : { writable: [], readonly: [] };
  const claim = { programIdIndex: 4, accounts: [2, 3], data: base58Encode(data) };
  const caller = { programIdIndex: 1, accounts: [0], data: '' };
  const answer = {
    slot,
    blockTime,
    ...(version === 'legacy' ? {} : { version }),
    meta: {
      err: failed ? { InstructionError: [0, { Custom: 6006 }] } : null,
      fee: 5000,
      computeUnitsConsumed: 55_000,
      innerInstructions: shape.inner === true ? [{ index: 0, instructions: [claim] }] : [],
      loadedAddresses,
      logMessages: ['Log truncated'],
    },
    transaction: {
      signatures: [signature],
      message: {
        accountKeys,
        header: { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 1 },
        instructions: [shape.inner === true ? caller : claim],
      },
    },
  };
  return { signature, slot, blockTime, failed, answer };
}
