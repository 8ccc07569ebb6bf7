/** Opens the protocol for a mint on any chain, as far as a key may; says what only others can do. */

import {
  createTokenAccount,
  createTokenMint,
  initializeMintOpen,
  mintTokens,
  type ProgramInstruction,
  protocolStateAddress,
  TOKEN_MINT_BYTES,
  treasuryAddress,
  updatePublisherOpen,
} from '@attention-oracle/sdk';
import type { Connection, Keypair } from '@solana/web3.js';
import { AppError, messageOf } from '../../runtime/errors.ts';
import {
  ADMIN_LAMPORTS,
  type Lack,
  MINT_DECIMALS,
  type ProtocolFacts,
  type Step,
  standingOf,
  type WantedProtocol,
} from './core/protocol-standing.ts';
import { fund } from './io/fund.ts';
import { readProtocol } from './io/read-protocol.ts';
import { submit } from './io/submit.ts';

/** Looks at what is still to be done; each step is done in one of them, so more show that something undoes them. */
const MOST_LOOKS = 12;

export interface SetUp {
  readonly connection: Connection;
  readonly wanted: WantedProtocol;
  readonly admin: Keypair;
  /** Where the mint may be made. */
  readonly mint?: Keypair | undefined;
  readonly signal: AbortSignal;
  /** Told each step before it is done. */
  readonly log: (line: string) => void;
}

/**
 * Does what is missing, step by step, and looks again after each: a step that was done before, or by another, is not done twice.
 * @returns what the chain has then, all that was wanted.
 * @throws AppError PROTOCOL_INCOMPLETE, PROTOCOL_FORBIDDEN with every sentence of what only others can do, before anything is
 * sent; FUNDS_MISSING; PROTOCOL_UNSETTLED; AttentionOracleError of a transaction.
 */
export async function setUpProtocol(setUp: SetUp): Promise<ProtocolFacts> {
  const { connection, wanted } = setUp;
  let step: Step | undefined;
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const facts = await readProtocol(connection, wanted);
    const standing = standingOf(facts, wanted);
    if (standing.lacks.length > 0) throw lackError(standing.lacks);
    [step] = standing.steps;
    if (step === undefined) return facts;
    setUp.log(sentenceOf(step, wanted));
    await doStep(step, facts, setUp);
  }
  throw new AppError(
    'PROTOCOL_UNSETTLED',
    `The chain says again and again that there is still to ${step}, though it was done: its node answers from different states. Try another node.`,
    { retryable: true },
  );
}

/** All of them, by the code of the worst. */
export function lackError(lacks: readonly Lack[]): AppError {
  const code = lacks.find((lack) => lack.code === 'PROTOCOL_FORBIDDEN')?.code ?? 'PROTOCOL_INCOMPLETE';
  return new AppError(code, lacks.map(({ sentence }) => sentence).join('\n'));
}

function sentenceOf(step: Step, { mint, admin, publisher, programId }: WantedProtocol): string {
  const state = protocolStateAddress(mint, programId)[0].toBase58();
  const about: Record<Step, string> = {
    'fund the administrator': admin,
    'make the mint': mint,
    'open the protocol': `${state}, admin ${admin}`,
    'make the treasury': treasuryAddress(mint, programId)[0].toBase58(),
    'fill the treasury': treasuryAddress(mint, programId)[0].toBase58(),
    'name the publisher': publisher ?? admin,
  };
  return `protocol: ${step} (${about[step]})`;
}

async function doStep(step: Step, facts: ProtocolFacts, setUp: SetUp): Promise<void> {
  const { connection, admin, mint, signal } = setUp;
  if (step === 'fund the administrator') {
    const funding = { connection, leastLamports: ADMIN_LAMPORTS, giver: admin, givenLamports: ADMIN_LAMPORTS, signal };
    return fund(funding, [admin.publicKey.toBase58()]);
  }
  const signers: [Keypair, ...Keypair[]] = step === 'make the mint' && mint !== undefined ? [admin, mint] : [admin];
  try {
    await submit(connection, await instructionsOf(step, facts, setUp), signers, signal);
  } catch (error) {
    throw new AppError('PROTOCOL_STEP_FAILED', `The chain did not ${step}: ${messageOf(error)}`, { cause: error });
  }
}

async function instructionsOf(
  step: Exclude<Step, 'fund the administrator'>,
  facts: ProtocolFacts,
  { connection, wanted }: SetUp,
): Promise<ProgramInstruction[]> {
  const { admin, mint, programId, publisher, treasuryAmount } = wanted;
  switch (step) {
    case 'make the mint': {
      const rentLamports = BigInt(await connection.getMinimumBalanceForRentExemption(TOKEN_MINT_BYTES));
      return createTokenMint({ payer: admin, mint, authority: admin, decimals: MINT_DECIMALS, rentLamports });
    }
    case 'open the protocol':
      return [initializeMintOpen({ admin, mint, programId })];
    case 'make the treasury':
      return [createTokenAccount({ payer: admin, mint, owner: protocolStateAddress(mint, programId)[0] })];
    case 'fill the treasury': {
      const amount = treasuryAmount - (facts.treasury ?? 0n);
      return [mintTokens({ mint, to: treasuryAddress(mint, programId)[0], authority: admin, amount })];
    }
    case 'name the publisher':
      return [updatePublisherOpen({ admin, mint, publisher: publisher ?? admin, programId })];
  }
}
