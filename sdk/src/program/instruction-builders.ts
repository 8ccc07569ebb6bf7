import type { AddressInput } from '../bytes.ts';
import type { U64Input } from '../merkle/integers.ts';
import { Address } from './address.ts';
import {
  associatedTokenAddress,
  channelStateAddress,
  legacyProtocolStateAddress,
  protocolStateAddress,
  treasuryAddress,
} from './addresses.ts';
import { ASSOCIATED_TOKEN_PROGRAM_ID, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID } from './program-id.ts';
import { type InstructionAccount, type ProgramInstruction, programInstruction } from './program-instruction.ts';

/** What every builder takes beside its own arguments. */
export interface BuilderOptions {
  /** The program; the Attention Oracle by default. */
  programId?: AddressInput;
  /** Accounts to use instead of the derived ones, by the program's names, such as `{ treasury_ata: … }`. */
  accounts?: Readonly<Record<string, AddressInput>>;
}

/** A root to publish. */
export interface SetChannelMerkleRootInput extends BuilderOptions {
  /** Admin or publisher of the protocol state; pays for the channel's account the first time. */
  payer: AddressInput;
  mint: AddressInput;
  channel: string;
  /** Must be above the epoch in its ring slot. */
  epoch: U64Input;
  /** 32 bytes. */
  root: Uint8Array;
}

/** A claim as it stands in the tree. */
export interface ClaimChannelOpenInput extends BuilderOptions {
  claimer: AddressInput;
  mint: AddressInput;
  channel: string;
  epoch: U64Input;
  index: number;
  /** Smallest units of the token, as in the leaf. */
  amount: U64Input;
  id: string;
  /** Siblings from the leaf up, 32 bytes each. */
  proof: Uint8Array[];
}

/** A claim that asks for a receipt. */
export interface ClaimWithReceiptInput extends ClaimChannelOpenInput {
  mintReceipt: boolean;
  /** The accounts of the compressed NFT, in the program's order, when a receipt is minted. */
  receiptAccounts?: readonly InstructionAccount[];
}

/** Whether claims must mint a receipt. */
export interface SetPolicyInput extends BuilderOptions {
  admin: AddressInput;
  requireReceipt: boolean;
}

/**
 * Publishes a channel's root for an epoch (`set_channel_merkle_root`). Sending the same epoch again fails with 6023.
 * @throws AttentionOracleError ADDRESS_INVALID, ARGUMENT_INVALID, U64_OUT_OF_RANGE
 */
export function setChannelMerkleRoot(input: SetChannelMerkleRootInput): ProgramInstruction {
  const { payer, mint, channel, epoch, root, programId = PROGRAM_ID } = input;
  return programInstruction(
    'set_channel_merkle_root',
    { channel, epoch: BigInt(epoch), root },
    {
      payer,
      protocol_state: protocolStateAddress(mint, programId)[0],
      channel_state: channelStateAddress(mint, channel, programId)[0],
      system_program: SYSTEM_PROGRAM_ID,
      ...input.accounts,
    },
    { programId },
  );
}

/**
 * Claims what a leaf allots (`claim_channel_open`), paid from the treasury to the claimer's Token-2022 account.
 * @throws AttentionOracleError ADDRESS_INVALID, ARGUMENT_INVALID, U32_OUT_OF_RANGE, U64_OUT_OF_RANGE
 */
export function claimChannelOpen(input: ClaimChannelOpenInput): ProgramInstruction {
  return programInstruction('claim_channel_open', claimArgs(input), claimAccounts(input), {
    programId: input.programId ?? PROGRAM_ID,
  });
}

/**
 * {@link claimChannelOpen} with the receipt flag (`claim_channel_open_with_receipt`).
 * @throws AttentionOracleError as {@link claimChannelOpen}
 */
export function claimChannelOpenWithReceipt(input: ClaimWithReceiptInput): ProgramInstruction {
  return programInstruction(
    'claim_channel_open_with_receipt',
    { ...claimArgs(input), mint_receipt: input.mintReceipt },
    claimAccounts(input),
    { programId: input.programId ?? PROGRAM_ID, remainingAccounts: input.receiptAccounts ?? [] },
  );
}

/**
 * Sets the receipt policy of the single protocol state of the program's first line (`set_policy`).
 * @throws AttentionOracleError ADDRESS_INVALID, ARGUMENT_INVALID
 */
export function setPolicy(input: SetPolicyInput): ProgramInstruction {
  const { admin, requireReceipt, programId = PROGRAM_ID } = input;
  return programInstruction(
    'set_policy',
    { require_receipt: requireReceipt },
    { admin, protocol_state: legacyProtocolStateAddress(programId)[0], ...input.accounts },
    { programId },
  );
}

/**
 * Sets the receipt policy of a mint (`set_policy_open`).
 * @throws AttentionOracleError ADDRESS_INVALID, ARGUMENT_INVALID
 */
export function setPolicyOpen(input: SetPolicyInput & { mint: AddressInput }): ProgramInstruction {
  const { admin, mint, requireReceipt, programId = PROGRAM_ID } = input;
  return programInstruction(
    'set_policy_open',
    { require_receipt: requireReceipt },
    { admin, protocol_state: protocolStateAddress(mint, programId)[0], ...input.accounts },
    { programId },
  );
}

function claimArgs({ channel, epoch, index, amount, id, proof }: ClaimChannelOpenInput) {
  return { channel, epoch: BigInt(epoch), index, amount: BigInt(amount), id, proof };
}

function claimAccounts(input: ClaimChannelOpenInput): Record<string, AddressInput> {
  const { claimer, channel, programId = PROGRAM_ID } = input;
  const mint = new Address(input.mint);
  return {
    claimer,
    protocol_state: protocolStateAddress(mint, programId)[0],
    channel_state: channelStateAddress(mint, channel, programId)[0],
    mint,
    treasury_ata: treasuryAddress(mint, programId)[0],
    claimer_ata: associatedTokenAddress(mint, claimer)[0],
    token_program: TOKEN_2022_PROGRAM_ID,
    associated_token_program: ASSOCIATED_TOKEN_PROGRAM_ID,
    system_program: SYSTEM_PROGRAM_ID,
    ...input.accounts,
  };
}
