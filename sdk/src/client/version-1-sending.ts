import { Address } from '../program/address.ts';
import type { ProgramInstruction } from '../program/program-instruction.ts';
import { compileVersion1Message, version1Size } from '../transactions/compile-version-1.ts';
import { signVersion1Transaction } from '../transactions/sign-version-1.ts';
import { VERSION_1_LIMITS } from '../transactions/version-1-layout.ts';
import type { Version1Config } from '../transactions/version-1-transaction.ts';
import type { Base58Address, ChainConnection } from './chain-connection.ts';
import type { KeyPayer, Payer } from './payer.ts';
import type { SendOptions, SignedTransaction } from './send-options.ts';
import type { Lifetime } from './sign-transaction.ts';

/** The account whose first byte says whether the cluster takes version 1 transactions (SIMD-0385), base58. */
export const VERSION_1_GATE = 'txv1aq4pp281K9um3tnPgkfX8UqtFT6wcVW3hNezGLL';
const FEATURE_PROGRAM = 'Feature111111111111111111111111111111111111';
/** What the chain gives to each instruction of an older transaction that asks for nothing. */
const DEFAULT_UNITS = 200_000;
const MICRO_LAMPORTS = 1_000_000n;

/** Whether the payer can sign version 1 (wallets are given web3.js's legacy form) and the cluster takes it. */
export async function takesVersion1(connection: ChainConnection, payer: Payer): Promise<boolean> {
  if (!('secretKey' in payer)) return false;
  return isVersion1Open(await connection.getAccountInfo(new Address(VERSION_1_GATE), 'confirmed'));
}

/** What the account at {@link VERSION_1_GATE} says: the tag of its activation slot is set once the feature is active. */
export function isVersion1Open(
  gate: { readonly data: Uint8Array; readonly owner: Base58Address } | null | undefined,
): boolean {
  return gate?.owner.toBase58() === FEATURE_PROGRAM && gate.data[0] === 1;
}

/** What a price a compute unit (micro-lamports) comes to for a whole transaction, lamports, rounded up as the runtime does. */
export function priorityFeeLamports(computeUnitLimit: number, microLamports: number): bigint {
  return (BigInt(computeUnitLimit) * BigInt(microLamports) + MICRO_LAMPORTS - 1n) / MICRO_LAMPORTS;
}

/** Whether they fit one transaction, were each of them to call one other program as the first root of a channel does. */
export function fitsVersion1(instructions: readonly ProgramInstruction[], payer: Payer, options: SendOptions): boolean {
  if (2 * instructions.length > VERSION_1_LIMITS.instructions) return false;
  return version1Size({ feePayer: payer.publicKey, instructions, config: configOf(instructions, options) }).fits;
}

/** @throws AttentionOracleError TRANSACTION_TOO_LARGE, TRANSACTION_CONFIG_INVALID, ED25519_MISSING */
export async function signVersion1(
  instructions: readonly ProgramInstruction[],
  payer: KeyPayer,
  { blockhash, lastValidBlockHeight }: Lifetime,
  options: SendOptions,
): Promise<SignedTransaction> {
  const config = configOf(instructions, options);
  const message = compileVersion1Message({ feePayer: payer.publicKey, instructions, blockhash, config });
  const { signature, rawTransaction } = await signVersion1Transaction(message, [payer]);
  return { signature, rawTransaction, lastValidBlockHeight };
}

/** Unlike in older versions nothing is given that is not asked for. */
function configOf(instructions: readonly ProgramInstruction[], options: SendOptions): Version1Config {
  const { computeUnitPriceMicroLamports: price } = options;
  const most = Math.min(VERSION_1_LIMITS.computeUnits, DEFAULT_UNITS * instructions.length);
  const computeUnitLimit = options.computeUnitLimit ?? most;
  if (price === undefined) return { computeUnitLimit };
  return { computeUnitLimit, priorityFeeLamports: priorityFeeLamports(computeUnitLimit, price) };
}
