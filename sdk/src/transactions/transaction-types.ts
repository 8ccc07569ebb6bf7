import type { DecodedArgs } from '../program/instruction-args.ts';
import type { InstructionAction, InstructionName } from '../program/instruction-table.ts';

/** One instruction of the program in one transaction, called by the transaction itself or by another program. */
export interface ProgramEvent {
  /** `<signature>/<outer index>` or, for a call by another program, `<signature>/<outer index>.<inner index>`. */
  eventId: string;
  outerIndex: number;
  /** Position in the flat list of calls made below the outer instruction; null for a top-level instruction. */
  innerIndex: number | null;
  /** The program's name for the instruction, or `unknown`. */
  name: InstructionName | 'unknown';
  action: InstructionAction;
  args: DecodedArgs;
  /** The channel argument with ASCII A to Z lowered, as the program reads it; null where there is none. */
  channel: string | null;
  /** The channel argument as it stands in the instruction. */
  channelAsSeen: string | null;
  /** Who claims (base58); null unless the action is `claim`. */
  claimer: string | null;
  /** Addresses (base58) of the instruction's accounts, in order. */
  accounts: string[];
  /** The protocol state (base58) that the instruction names, where its account order is published. */
  protocolState: string | null;
  /** All bytes of the instruction. */
  data: Uint8Array;
}

/** What a transaction's failure means, when a program instruction of ours failed with one of its own numbers. */
export interface TransactionProgramError {
  code: number;
  name: string;
  /** Top-level instruction that failed. */
  instructionIndex: number;
}

/** A transaction as the program's readers need it. A failed one has its events too: keep them, never count them. */
export interface DecodedTransaction {
  /** First signature (base58): the transaction's identity. */
  signature: string;
  slot: number;
  /** Unix seconds, or null when the node does not know. */
  blockTime: number | null;
  version: 'legacy' | 0 | 1;
  succeeded: boolean;
  /** `meta.err` as the node gave it, null for success. */
  error: unknown;
  programError: TransactionProgramError | null;
  /** Base58. */
  feePayer: string;
  /** Base58, the fee payer first. */
  signers: string[];
  /** Every account (base58) that the transaction names, those of lookup tables included. */
  accountKeys: string[];
  feeLamports: bigint;
  computeUnits: number | null;
  /** In the order of execution. */
  events: ProgramEvent[];
}
