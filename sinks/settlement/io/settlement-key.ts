/** The key that the configuration names, when it is needed. */

import type { Keypair } from '@solana/web3.js';
import { AppError } from '../../../runtime/errors.ts';
import type { SettlementConfig } from '../config.ts';
import { loadKeypair } from './keypair-file.ts';

/**
 * @returns undefined only when AUTO_PUBLISH is off and no file is named.
 * @throws AppError CONFIG_INVALID, or the errors of `loadKeypair`.
 */
export function settlementKey(
  config: Pick<SettlementConfig, 'AUTO_PUBLISH' | 'SETTLEMENT_KEYPAIR'>,
): Keypair | undefined {
  if (config.SETTLEMENT_KEYPAIR !== undefined) return loadKeypair(config.SETTLEMENT_KEYPAIR);
  if (!config.AUTO_PUBLISH) return undefined;
  throw new AppError(
    'CONFIG_INVALID',
    'Wrong configuration. AUTO_PUBLISH=true needs SETTLEMENT_KEYPAIR, the Solana CLI keypair file of the admin or publisher.',
  );
}
