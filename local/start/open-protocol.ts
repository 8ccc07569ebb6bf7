/** The protocol that traffic needs on a chain which is not ours: looked for, opened as far as the key may, or said what is missing. */

import { setTimeout as delay } from 'node:timers/promises';
import { Connection, type Keypair } from '@solana/web3.js';
import { z } from 'zod';
import { type Environment, loadConfig, programConfig } from '../../runtime/config.ts';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { loadKeypair } from '../../sinks/settlement/io/keypair-file.ts';
import { TREASURY_AMOUNT } from '../protocol/core/protocol-standing.ts';
import { setUpProtocol } from '../protocol/set-up.ts';
import { externalChain, waitForExternalParts } from './external-parts.ts';
import { keyFile } from './keys.ts';

const ATTEMPTS = 5;
const PAUSE_MS = 1000;

/** What the roles need to know of it. */
export interface OpenProtocol {
  readonly mint: string;
  /** Paths of keypair files. */
  readonly adminKeypair: string;
  /** Undefined where a remote signer publishes. */
  readonly settlementKeypair: string | undefined;
  /** For the user. */
  readonly notes: readonly string[];
}

export interface OpenProtocolInput {
  readonly rpcUrl: string;
  readonly env: Environment;
  /** The key of a mint that we make is kept there, by the chain that it is of. */
  readonly keysDir: string;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/**
 * Waits for the chain to answer, and says so; then sets the protocol up.
 * @throws AppError KEYPAIR_…, PROTOCOL_…, FUNDS_MISSING, each with what to do; the signal's reason.
 */
export async function openProtocol(input: OpenProtocolInput): Promise<OpenProtocol> {
  const { rpcUrl, env, keysDir, signal, log } = input;
  const config = loadConfig(z.object(programConfig), env);
  const adminKeypair = env['TRAFFIC_ADMIN_KEYPAIR'] ?? '';
  const admin = loadKeypair(adminKeypair, undefined, 'TRAFFIC_ADMIN_KEYPAIR');
  const hasSigner = Boolean(env['SETTLEMENT_SIGNER_URL']);
  const settlementKeypair = hasSigner ? undefined : env['SETTLEMENT_KEYPAIR'] || adminKeypair;
  const publisher = settlementKeypair === undefined ? null : loadKeypair(settlementKeypair).publicKey.toBase58();
  const connection = new Connection(rpcUrl, { commitment: 'confirmed', disableRetryOnRateLimit: true });
  await waitForExternalParts([externalChain(connection, rpcUrl)], { signal, log });

  const mint = config.MINT_PUBKEY === undefined ? await keptMint(connection, keysDir) : undefined;
  const wanted = {
    ...{ programId: config.AO_PROGRAM_ID, mint: config.MINT_PUBKEY ?? addressOf(mint), publisher },
    ...{ admin: admin.publicKey.toBase58(), treasuryAmount: TREASURY_AMOUNT, canMakeMint: mint !== undefined },
  };
  const facts = await untilOpen(() => setUpProtocol({ connection, wanted, admin, mint, signal, log }), { signal, log });
  const rights = facts.protocol?.admin === wanted.admin ? 'administrator' : "publisher, without administrator's rights";
  return {
    ...{ mint: wanted.mint, adminKeypair, settlementKeypair },
    notes: [
      `traffic on this chain: mint ${wanted.mint}, whose protocol is open; ${wanted.admin} is its ${rights}`,
      'roots are published there: AUTO_PUBLISH=false only shows what would be',
    ],
  };
}

/** A step that the chain did not take, or a node that does not answer, may be better the next time; what only people can do is not. */
async function untilOpen<T>(work: () => Promise<T>, { signal, log }: Pick<OpenProtocolInput, 'signal' | 'log'>) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if ((error instanceof AppError && !error.retryable) || attempt >= ATTEMPTS) throw error;
      log(`the protocol is not open yet: ${messageOf(error)}; trying again`);
      await delay(PAUSE_MS, undefined, { signal });
    }
  }
}

/** A chain that was thrown away and begun anew has another genesis, so gets another mint. */
async function keptMint(connection: Connection, keysDir: string): Promise<Keypair> {
  const genesis = await connection.getGenesisHash();
  return keyFile(keysDir, `mint-${genesis.slice(0, 8)}`).keypair;
}

function addressOf(mint: Keypair | undefined): string {
  return mint?.publicKey.toBase58() ?? '';
}
