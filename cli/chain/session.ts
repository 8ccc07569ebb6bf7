/** A tool's connection to the chain of ANCHOR_PROVIDER_URL. */

import { Connection } from '@solana/web3.js';
import { z } from 'zod';
import { httpUrls, loadConfig, programConfig } from '../../runtime/config.ts';
import { AppError } from '../../runtime/errors.ts';

const chainConfig = z.object({
  ...programConfig,
  ANCHOR_PROVIDER_URL: httpUrls.default(['http://127.0.0.1:8899']).describe('JSON-RPC of the chain'),
});

export interface ChainSession {
  readonly connection: Connection;
  readonly programId: string;
  readonly mint: string | undefined;
}

/** @param mint Default: MINT_PUBKEY. @throws AppError CONFIG_INVALID */
export function chainSession(mint?: string): ChainSession {
  const config = loadConfig(chainConfig, process.env);
  const [rpcUrl = ''] = config.ANCHOR_PROVIDER_URL;
  return {
    connection: new Connection(rpcUrl, { commitment: 'confirmed', disableRetryOnRateLimit: true }),
    ...{ programId: config.AO_PROGRAM_ID, mint: mint ?? config.MINT_PUBKEY },
  };
}

/** @param how What names one. @throws AppError OPTION_MISSING */
export function needMint(mint: string | undefined, how: string): string {
  if (mint !== undefined) return mint;
  throw new AppError('OPTION_MISSING', `Which mint? Give ${how}, or set MINT_PUBKEY.`);
}
