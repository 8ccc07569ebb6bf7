import type { AddressInput } from '../bytes.ts';
import type { U64Input } from '../merkle/integers.ts';
import type { Address } from '../program/address.ts';
import type { ProgramInstruction } from '../program/program-instruction.ts';

/**
 * What a version 1 transaction asks for, in its message: it has no Compute Budget instructions. Unlike in older versions
 * there are no defaults on the chain: what is left out there is zero.
 */
export interface Version1Config {
  /** Compute units the whole transaction may use, at most 1,400,000. */
  computeUnitLimit: number;
  /** Lamports for the whole transaction on top of its signatures' fee, not a price a unit; none when left out. */
  priorityFeeLamports?: U64Input;
  /** Bytes of accounts and programs it may load; 64 MiB when left out, which is what older versions have. */
  loadedAccountsDataSizeLimit?: number;
  /** Bytes, a multiple of 1,024 from 32,768 to 262,144; 32,768 when left out. */
  heapSize?: number;
}

/** What {@link compileVersion1Message} makes a message of. */
export interface Version1Input {
  /** Signs first and pays. */
  feePayer: AddressInput;
  /** Run in this order. */
  instructions: readonly ProgramInstruction[];
  /** A recent blockhash, base58: the transaction can land for 150 blocks after it. */
  blockhash: string;
  config: Version1Config;
}

/** A version 1 transaction taken apart. */
export interface Version1Transaction {
  /** One for each signer, 64 bytes, the payer's first; zeros where one has not signed. */
  signatures: Uint8Array[];
  /** The bytes that are signed. */
  message: Uint8Array;
  /** Who has to sign, the payer first. */
  signers: Address[];
  feePayer: Address;
  /** Base58. */
  blockhash: string;
  /** As the message has it; what it does not ask for is absent, and zero on the chain. */
  config: Partial<Version1Config>;
  /** Accounts are passed as the message passes them: with the widest rights that any instruction asks for. */
  instructions: ProgramInstruction[];
}

/** A key pair that signs, such as web3.js's Keypair. */
export interface Version1Signer {
  publicKey: { toBytes(): Uint8Array };
  /** 64 bytes: seed and public key. */
  secretKey: Uint8Array;
}

/** A signed version 1 transaction, ready for `sendTransaction`. */
export interface SignedVersion1Transaction {
  /** Base58, the payer's: what the transaction is known by. */
  signature: string;
  rawTransaction: Uint8Array;
}
