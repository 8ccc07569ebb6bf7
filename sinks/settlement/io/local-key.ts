/** A key in this process. Once it is read its bytes are kept by the crypto library alone, which shows them to nobody. */

import { createPrivateKey, sign } from 'node:crypto';
import type { Keypair } from '@solana/web3.js';
import type { SigningKey } from '../core/signer.ts';

/** Before an Ed25519 seed in PKCS #8. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

/** The key of a keypair. */
export function localKey(keypair: Keypair): SigningKey {
  const address = keypair.publicKey.toBase58();
  const der = Buffer.concat([PKCS8, keypair.secretKey.subarray(0, SEED_BYTES)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return { address, sign: async (message) => sign(null, message, key) };
}
