import type { AddressInput } from '../bytes.ts';
import type { U64Input } from '../merkle/integers.ts';
import { Address } from './address.ts';
import { associatedTokenAddress } from './addresses.ts';
import { borshBytes, concatBytes } from './borsh-writer.ts';
import { ASSOCIATED_TOKEN_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID } from './program-id.ts';
import type { InstructionAccount, ProgramInstruction } from './program-instruction.ts';

/** Bytes of a mint with a transfer-fee extension, which is what {@link createTokenMint} makes. */
export const TOKEN_MINT_BYTES = 278;

const CREATE_ACCOUNT = 0;
const INITIALIZE_MINT_2 = 20;
const TRANSFER_FEE_EXTENSION = 26;
const MINT_TO = 7;
const CREATE_IDEMPOTENT = 1;

/** A Token-2022 mint to make. */
export interface CreateTokenMintInput {
  /** Signs and pays. */
  payer: AddressInput;
  /** Signs: the address of the new mint. */
  mint: AddressInput;
  /** May mint tokens, and set fees and take what they withheld. */
  authority: AddressInput;
  /** Digits after the point. */
  decimals: number;
  /** The least balance of an account of {@link TOKEN_MINT_BYTES}, lamports; the chain says it. */
  rentLamports: U64Input;
}

/** Tokens to mint. */
export interface MintTokensInput {
  mint: AddressInput;
  /** Token account that gets them. */
  to: AddressInput;
  /** Signs. */
  authority: AddressInput;
  /** Smallest units. */
  amount: U64Input;
}

/**
 * Makes a Token-2022 mint with a transfer-fee extension whose fee is 0, as the program's token has: three instructions for one
 * transaction, which payer and mint sign.
 * @throws AttentionOracleError ADDRESS_INVALID, U64_OUT_OF_RANGE
 */
export function createTokenMint(input: CreateTokenMintInput): ProgramInstruction[] {
  const mint = new Address(input.mint);
  const authority = new Address(input.authority).toBytes();
  const some = concatBytes([Uint8Array.of(1), authority]);
  return [
    instruction(
      SYSTEM_PROGRAM_ID,
      [account(input.payer, 'sw'), account(mint, 'sw')],
      borshBytes('u32', CREATE_ACCOUNT, 'instruction'),
      borshBytes('u64', input.rentLamports, 'rentLamports'),
      borshBytes('u64', BigInt(TOKEN_MINT_BYTES), 'bytes'),
      new Address(TOKEN_2022_PROGRAM_ID).toBytes(),
    ),
    // The fee, its authority and that of what it withheld: 0 basis points, at most 0.
    instruction(
      TOKEN_2022_PROGRAM_ID,
      [account(mint, 'w')],
      Uint8Array.of(TRANSFER_FEE_EXTENSION, 0),
      ...[some, some, new Uint8Array(2 + 8)],
    ),
    // No authority may freeze accounts.
    instruction(
      TOKEN_2022_PROGRAM_ID,
      [account(mint, 'w')],
      Uint8Array.of(INITIALIZE_MINT_2, input.decimals),
      authority,
      Uint8Array.of(0),
    ),
  ];
}

/**
 * Makes an owner's associated Token-2022 account; nothing happens where it is there. Anybody may pay for it.
 * @throws AttentionOracleError ADDRESS_INVALID
 */
export function createTokenAccount(input: {
  payer: AddressInput;
  mint: AddressInput;
  owner: AddressInput;
}): ProgramInstruction {
  const { payer, mint, owner } = input;
  return instruction(
    ASSOCIATED_TOKEN_PROGRAM_ID,
    [
      account(payer, 'sw'),
      account(associatedTokenAddress(mint, owner)[0], 'w'),
      ...[owner, mint, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID].map((address) => account(address)),
    ],
    Uint8Array.of(CREATE_IDEMPOTENT),
  );
}

/**
 * Mints tokens into a Token-2022 account.
 * @throws AttentionOracleError ADDRESS_INVALID, U64_OUT_OF_RANGE
 */
export function mintTokens({ mint, to, authority, amount }: MintTokensInput): ProgramInstruction {
  return instruction(
    TOKEN_2022_PROGRAM_ID,
    [account(mint, 'w'), account(to, 'w'), account(authority, 's')],
    Uint8Array.of(MINT_TO),
    borshBytes('u64', amount, 'amount'),
  );
}

function account(address: AddressInput, flags: '' | 's' | 'w' | 'sw' = ''): InstructionAccount {
  return { pubkey: new Address(address), isSigner: flags.includes('s'), isWritable: flags.includes('w') };
}

function instruction(programId: string, keys: InstructionAccount[], ...data: Uint8Array[]): ProgramInstruction {
  return { programId: new Address(programId), keys, data: concatBytes(data) };
}
