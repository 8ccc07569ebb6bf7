import type { AddressInput } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import type { U64Input } from '../merkle/integers.ts';
import { Address } from './address.ts';
import { feeConfigAddress, protocolStateAddress } from './addresses.ts';
import { borshBytes, concatBytes } from './borsh-writer.ts';
import type { BuilderOptions } from './instruction-builders.ts';
import { PROGRAM_ID, SYSTEM_PROGRAM_ID } from './program-id.ts';
import { type ProgramInstruction, programInstruction } from './program-instruction.ts';

/** The greatest fee that the program takes, 10 %. */
const MAX_FEE_BASIS_POINTS = 1_000;

/** A mint for which the protocol is opened. */
export interface InitializeMintOpenInput extends BuilderOptions {
  /** Signs and pays; becomes admin and publisher. */
  admin: AddressInput;
  /** A Token-2022 mint that is on the chain already. */
  mint: AddressInput;
  /** Hundredths of a percent, at most 1,000; 0 when left out. */
  feeBasisPoints?: number;
  /** Most that a fee may be, in the token's smallest units; 0 when left out. */
  maxFee?: U64Input;
}

/** Who publishes roots besides the admin. */
export interface UpdatePublisherInput extends BuilderOptions {
  admin: AddressInput;
  mint: AddressInput;
  publisher: AddressInput;
}

/** Whether the protocol of a mint takes roots and claims. */
export interface SetPausedInput extends BuilderOptions {
  admin: AddressInput;
  mint: AddressInput;
  paused: boolean;
}

/**
 * Opens the protocol for a mint (`initialize_mint_open`): whoever signs becomes its admin and publisher. Fails where it is open.
 * @throws AttentionOracleError ADDRESS_INVALID, ARGUMENT_INVALID, U64_OUT_OF_RANGE
 */
export function initializeMintOpen(input: InitializeMintOpenInput): ProgramInstruction {
  const { admin, mint, feeBasisPoints = 0, maxFee = 0n, programId = PROGRAM_ID } = input;
  if (!Number.isInteger(feeBasisPoints) || feeBasisPoints < 0 || feeBasisPoints > MAX_FEE_BASIS_POINTS) {
    const message = `feeBasisPoints must be a whole number from 0 to ${MAX_FEE_BASIS_POINTS}`;
    throw new AttentionOracleError('ARGUMENT_INVALID', message, { field: 'feeBasisPoints' });
  }
  const basisPoints = Uint8Array.of(feeBasisPoints & 0xff, feeBasisPoints >> 8);
  return programInstruction(
    'initialize_mint_open',
    { raw: concatBytes([basisPoints, borshBytes('u64', maxFee, 'maxFee')]) },
    {
      admin,
      mint,
      protocol_state: protocolStateAddress(mint, programId)[0],
      fee_config: feeConfigAddress(mint, programId)[0],
      system_program: SYSTEM_PROGRAM_ID,
      ...input.accounts,
    },
    { programId },
  );
}

/**
 * Names the publisher of a mint's protocol (`update_publisher_open`), who may publish roots as the admin may.
 * @throws AttentionOracleError ADDRESS_INVALID
 */
export function updatePublisherOpen(input: UpdatePublisherInput): ProgramInstruction {
  return adminInstruction('update_publisher_open', input, new Address(input.publisher).toBytes());
}

/**
 * Pauses the protocol of a mint, or lets it go on (`set_paused_open`). While it is paused the program refuses roots and claims.
 * @throws AttentionOracleError ADDRESS_INVALID, ARGUMENT_INVALID
 */
export function setPausedOpen(input: SetPausedInput): ProgramInstruction {
  return adminInstruction('set_paused_open', input, borshBytes('bool', input.paused, 'paused'));
}

function adminInstruction(
  name: 'update_publisher_open' | 'set_paused_open',
  input: BuilderOptions & { readonly admin: AddressInput; readonly mint: AddressInput },
  raw: Uint8Array,
): ProgramInstruction {
  const { admin, mint, programId = PROGRAM_ID } = input;
  const accounts = { admin, protocol_state: protocolStateAddress(mint, programId)[0], ...input.accounts };
  return programInstruction(name, { raw }, accounts, { programId });
}
