import { SYSTEM_PROGRAM } from '../../accounts/account.ts';
import type { AccountMeta } from '../../execution/account-meta.ts';
import { failCustom } from '../../execution/errors.ts';
import type { InvokeContext } from '../../execution/invoke-context.ts';

/** Errors of the Anchor framework that a call with wrong accounts or bytes meets. */
const ANCHOR_ERRORS = {
  InstructionMissing: [100, 'Instruction discriminator not provided'],
  InstructionFallbackNotFound: [101, 'Fallback functions are not supported'],
  InstructionDidNotDeserialize: [102, 'The program could not deserialize the given instruction'],
  ConstraintMut: [2000, 'A mut constraint was violated'],
  ConstraintSeeds: [2006, 'A seeds constraint was violated'],
  ConstraintAssociated: [2009, 'An associated constraint was violated'],
  AccountDiscriminatorNotFound: [3001, 'No discriminator was found on the account'],
  AccountDiscriminatorMismatch: [3002, 'Account discriminator did not match what was expected'],
  AccountNotEnoughKeys: [3005, 'Not enough account keys given to the instruction'],
  AccountOwnedByWrongProgram: [3007, 'The given account is owned by a different program than expected'],
  InvalidProgramId: [3008, 'Program ID was not as expected'],
  AccountNotSigner: [3010, 'The given account did not sign'],
  AccountNotInitialized: [3012, 'The program expected this account to be already initialized'],
} as const;

/** Errors of the program, in the order of their numbers from 6000 on, with the words it logs. */
const PROGRAM_ERRORS = [
  ['Unauthorized', 'Unauthorized'],
  ['AlreadyInitialized', 'Already initialized'],
  ['InvalidFeeBps', 'Fee basis points too high (max 1000 = 10%)'],
  ['InvalidFeeSplit', 'Invalid fee split - must sum to 100'],
  ['FeeTooHigh', 'Fee too high - maximum 10%'],
  ['ProtocolPaused', 'Protocol is paused'],
  ['AlreadyClaimed', 'Already claimed'],
  ['InvalidProof', 'Invalid merkle proof'],
  ['EpochClosed', 'Epoch closed'],
  ['InvalidIndex', 'Invalid index'],
  ['InvalidAmount', 'Invalid amount'],
  ['InvalidInputLength', 'Invalid input length'],
  ['InvalidProofLength', 'Invalid proof length'],
  ['InvalidMint', 'Invalid mint'],
  ['ReceiptRequired', 'Receipt required for this claim'],
  ['InvalidChannelState', 'Invalid channel state PDA'],
  ['InvalidEpochState', 'Invalid epoch state PDA'],
  ['SlotMismatch', 'Requested epoch slot is not available'],
  ['InvalidStreamer', 'Invalid streamer key'],
  ['InvalidEpoch', 'Invalid epoch'],
  ['ChannelNotInitialized', 'Channel not initialized'],
  ['EpochAlreadyInitialized', 'Epoch already initialized'],
  ['EpochNotFullyClaimed', 'Epoch not fully claimed'],
  ['EpochNotIncreasing', 'Epoch must be strictly increasing for this slot'],
  ['EpochNotExpired', 'Epoch not yet expired for close'],
  ['InvalidPubkey', 'Invalid pubkey (cannot be default)'],
] as const;

const FIRST_PROGRAM_ERROR = 6000;

export type AnchorErrorName = keyof typeof ANCHOR_ERRORS;
export type ProgramErrorName = (typeof PROGRAM_ERRORS)[number][0];

function fail(context: InvokeContext, name: string, number: number, text: string, account?: string): never {
  const origin = account === undefined ? 'occurred' : `caused by account: ${account}`;
  context.log(`AnchorError ${origin}. Error Code: ${name}. Error Number: ${number}. Error Message: ${text}.`);
  failCustom(number);
}

/** Fails with an error of the framework; `account` is the field at fault. */
export function failAnchor(context: InvokeContext, name: AnchorErrorName, account?: string): never {
  const [number, text] = ANCHOR_ERRORS[name];
  fail(context, name, number, text, account);
}

/** Fails with an error of the program. */
export function failProgram(context: InvokeContext, name: ProgramErrorName, account?: string): never {
  const index = PROGRAM_ERRORS.findIndex(([known]) => known === name);
  fail(context, name, FIRST_PROGRAM_ERROR + index, PROGRAM_ERRORS[index]?.[1] ?? name, account);
}

/** The account of a field, which must be there and satisfy what its declaration asks. */
export function accountAt(
  context: InvokeContext,
  accounts: readonly AccountMeta[],
  index: number,
  field: string,
  wants: { signer?: boolean; writable?: boolean } = {},
): AccountMeta {
  const meta = accounts[index];
  if (meta === undefined) return failAnchor(context, 'AccountNotEnoughKeys');
  if (wants.signer === true && !meta.signer) failAnchor(context, 'AccountNotSigner', field);
  if (wants.writable === true && !meta.writable) failAnchor(context, 'ConstraintMut', field);
  return meta;
}

/** Data of an account that the program must own, and whose first eight bytes must be the discriminator. */
export function ownedData(context: InvokeContext, meta: AccountMeta, discriminator: string, field: string): Uint8Array {
  const account = context.account(meta.address);
  if (account.owner === SYSTEM_PROGRAM && account.lamports === 0n) failAnchor(context, 'AccountNotInitialized', field);
  if (account.owner !== context.programId) failAnchor(context, 'AccountOwnedByWrongProgram', field);
  if (account.data.length < 8) failAnchor(context, 'AccountDiscriminatorNotFound', field);
  if (Buffer.from(account.data.subarray(0, 8)).toString('hex') !== discriminator) {
    failAnchor(context, 'AccountDiscriminatorMismatch', field);
  }
  return account.data;
}

/** The program account of a field must be the one named. */
export function requireProgram(context: InvokeContext, meta: AccountMeta, program: string, field: string): void {
  if (meta.address !== program) failAnchor(context, 'InvalidProgramId', field);
}
