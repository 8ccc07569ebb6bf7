/** The key that the configuration names, when it is needed. */

import { AppError } from '../../../runtime/errors.ts';
import type { SettlementConfig } from '../config.ts';
import { KeyWatch, type KeyWatchOptions } from './key-watch.ts';
import { loadKeypair } from './keypair-file.ts';
import { localKey } from './local-key.ts';
import { RemoteSigner } from './remote-signer.ts';

type KeyConfig = Pick<
  SettlementConfig,
  | 'AUTO_PUBLISH'
  | 'SETTLEMENT_KEYPAIR'
  | 'SETTLEMENT_SIGNER_URL'
  | 'SETTLEMENT_SIGNER_KEY'
  | 'SETTLEMENT_SIGNER_TOKEN_FILE'
>;

/**
 * @returns undefined only when AUTO_PUBLISH is off and no key is named.
 * @throws AppError CONFIG_INVALID, the errors of `loadKeypair`, or those of a remote signer (retryable).
 */
export async function settlementKey(
  config: KeyConfig,
  parts: Omit<KeyWatchOptions, 'load'>,
): Promise<KeyWatch | undefined> {
  const load = loaderOf(config);
  return load === undefined ? undefined : KeyWatch.start({ ...parts, load });
}

function loaderOf(config: KeyConfig): KeyWatchOptions['load'] | undefined {
  const { SETTLEMENT_KEYPAIR: file, SETTLEMENT_SIGNER_URL: url, SETTLEMENT_SIGNER_KEY: key } = config;
  if (file !== undefined && url !== undefined) {
    throw invalid('SETTLEMENT_KEYPAIR and SETTLEMENT_SIGNER_URL exclude each other: name the one that signs.');
  }
  if (file !== undefined) return async () => localKey(loadKeypair(file));
  if (url !== undefined) {
    if (key === undefined)
      throw invalid('SETTLEMENT_SIGNER_URL needs SETTLEMENT_SIGNER_KEY, the name of the key there.');
    const tokenFile = config.SETTLEMENT_SIGNER_TOKEN_FILE;
    const signer = new RemoteSigner({ url, key, tokenFile, now: () => Date.now() });
    return () => signer.load();
  }
  if (!config.AUTO_PUBLISH) return undefined;
  throw invalid(
    'AUTO_PUBLISH=true needs SETTLEMENT_KEYPAIR, the Solana CLI keypair file of the admin or publisher, or SETTLEMENT_SIGNER_URL.',
  );
}

function invalid(why: string): AppError {
  return new AppError('CONFIG_INVALID', `Wrong configuration. ${why}`);
}
