/** SOL for those who have none: from the chain's faucet, or, where it gives nothing, from a wallet of ours. */

import { setTimeout as delay } from 'node:timers/promises';
import { Address, type ProgramInstruction, SYSTEM_PROGRAM_ID } from '@attention-oracle/sdk';
import { toPublicKey } from '@attention-oracle/sdk/web3';
import { type Connection, type Keypair, LAMPORTS_PER_SOL } from '@solana/web3.js';
import { AppError, messageOf } from '../../../runtime/errors.ts';
import { submit } from './submit.ts';

const POLL_MS = 250;
/** Looks after which a gift that has not come is asked for again: a fork may have taken it. */
const LOOKS = 40;
/** Transfers that fit one transaction. */
const TRANSFERS = 15;
const ADDRESSES_PER_LOOK = 100;

export interface Funding {
  readonly connection: Connection;
  /** Below it an address gets something. */
  readonly leastLamports: bigint;
  readonly giver: Keypair;
  /** What the giver gives each where the faucet gives nothing. */
  readonly givenLamports: bigint;
  readonly signal: AbortSignal;
}

/**
 * Gives SOL to whoever has less than the least, and waits until all have it.
 * @throws AppError FUNDS_MISSING where neither faucet nor giver can; what the node answers.
 */
export async function fund(funding: Funding, addresses: readonly string[]): Promise<void> {
  for (;;) {
    const poor = await poorOf(funding, addresses);
    if (poor.length === 0) return;
    const refused = await askFaucet(funding.connection, poor);
    if (refused === undefined) await untilFunded(funding, poor);
    else await give(funding, poor, refused);
  }
}

async function poorOf({ connection, leastLamports }: Funding, addresses: readonly string[]): Promise<string[]> {
  const poor: string[] = [];
  for (let at = 0; at < addresses.length; at += ADDRESSES_PER_LOOK) {
    const asked = addresses.slice(at, at + ADDRESSES_PER_LOOK);
    const accounts = await connection.getMultipleAccountsInfo(asked.map(toPublicKey), 'confirmed');
    poor.push(...asked.filter((_, index) => BigInt(accounts[index]?.lamports ?? 0) < leastLamports));
  }
  return poor;
}

/** @returns Why the faucet gives nothing; undefined where it gives. */
async function askFaucet(connection: Connection, addresses: readonly string[]): Promise<string | undefined> {
  try {
    for (const address of addresses) await connection.requestAirdrop(toPublicKey(address), LAMPORTS_PER_SOL);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

async function untilFunded(funding: Funding, addresses: readonly string[]): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    if ((await poorOf(funding, addresses)).length === 0) return;
    await delay(POLL_MS, undefined, { signal: funding.signal });
  }
}

async function give(funding: Funding, addresses: readonly string[], refused: string): Promise<void> {
  const { connection, giver, givenLamports, signal } = funding;
  const from = giver.publicKey.toBase58();
  const needed = givenLamports * BigInt(addresses.length);
  const held = BigInt(await connection.getBalance(giver.publicKey, 'confirmed'));
  if (held < needed) {
    throw new AppError(
      'FUNDS_MISSING',
      `${addresses.length} wallets need SOL (${addresses[0]}${addresses.length > 1 ? ', …' : ''}). The chain's faucet gives none (${refused}), and ${from}, who would give ${sol(needed)} SOL, has ${sol(held)}: send SOL to ${from}.`,
      { retryable: true },
    );
  }
  for (let at = 0; at < addresses.length; at += TRANSFERS) {
    const transfers = addresses.slice(at, at + TRANSFERS).map((to) => transfer(from, to, givenLamports));
    await submit(connection, transfers, [giver], signal);
  }
}

/** Lamports as SOL, without an end of zeros. */
export function sol(lamports: bigint): string {
  return String(Number(lamports) / LAMPORTS_PER_SOL);
}

function transfer(from: string, to: string, lamports: bigint): ProgramInstruction {
  const data = new Uint8Array(12);
  const view = new DataView(data.buffer);
  view.setUint32(0, 2, true);
  view.setBigUint64(4, lamports, true);
  return {
    programId: new Address(SYSTEM_PROGRAM_ID),
    keys: [
      { pubkey: new Address(from), isSigner: true, isWritable: true },
      { pubkey: new Address(to), isSigner: false, isWritable: true },
    ],
    data,
  };
}
