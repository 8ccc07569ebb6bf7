import type { AddressInput } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { Address } from './address.ts';
import type { InstructionArgs } from './instruction-args.ts';
import { encodeInstruction, instructionDefinition } from './instruction-codec.ts';
import type { InstructionName } from './instruction-table.ts';
import { PROGRAM_ID } from './program-id.ts';

/** An account of an instruction and how it is passed. */
export interface InstructionAccount {
  pubkey: Address;
  isSigner: boolean;
  isWritable: boolean;
}

/**
 * A whole instruction, independent of any Solana library. `toTransactionInstruction` of `@attention-oracle/sdk/web3` turns
 * it into web3.js's.
 */
export interface ProgramInstruction {
  programId: Address;
  keys: InstructionAccount[];
  data: Uint8Array;
}

/** Options of {@link programInstruction}. */
export interface ProgramInstructionOptions {
  programId?: AddressInput;
  /** Accounts after the named ones; all accounts, where the instruction's accounts are not published. */
  remainingAccounts?: readonly InstructionAccount[];
}

/**
 * Any instruction of the program from its arguments and its accounts by name. The typed builders derive the accounts and
 * call this.
 *
 * @throws AttentionOracleError INSTRUCTION_UNKNOWN, ACCOUNT_MISSING, ARGUMENT_INVALID, ADDRESS_INVALID
 */
export function programInstruction<Name extends InstructionName>(
  name: Name,
  args: InstructionArgs<Name>,
  accounts: Readonly<Record<string, AddressInput>>,
  options: ProgramInstructionOptions = {},
): ProgramInstruction {
  const named = (instructionDefinition(name).accounts ?? []).map((role) => {
    const address = accounts[role.name];
    if (address === undefined) {
      throw new AttentionOracleError('ACCOUNT_MISSING', `${name} needs the account ${role.name}`, {
        instruction: name,
        account: role.name,
      });
    }
    return { pubkey: new Address(address), isSigner: role.signer, isWritable: role.writable };
  });
  return {
    programId: new Address(options.programId ?? PROGRAM_ID),
    keys: [...named, ...(options.remainingAccounts ?? [])],
    data: encodeInstruction(name, args),
  };
}
