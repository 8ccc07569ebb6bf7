/** The Ed25519 key that signs archives, and whose signature a reader trusts. */

import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { AppError } from '../../runtime/errors.ts';

/** @throws AppError KEYPAIR_UNREADABLE, KEYPAIR_EXPOSED, KEYPAIR_MALFORMED */
export function readSigningKey(path: string): KeyObject {
  const pem = readPem(path);
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new AppError('KEYPAIR_EXPOSED', `Others may read the key ${path}. Run: chmod 600 ${path}`);
  }
  return ed25519(path, () => createPrivateKey(pem));
}

/** @throws AppError KEYPAIR_UNREADABLE, KEYPAIR_MALFORMED */
export function readPublicKey(path: string): KeyObject {
  const pem = readPem(path);
  return ed25519(path, () => createPublicKey(pem));
}

/** How people compare two keys, by the public one: SHA-256 of the SPKI, the first 16 bytes, hexadecimal. */
export function fingerprintOf(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('hex').slice(0, 32);
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError(
      'KEYPAIR_UNREADABLE',
      `The key ${path} cannot be read. Make one: openssl genpkey -algorithm ed25519 -out ${path}`,
      {
        cause,
      },
    );
  }
}

function ed25519(path: string, parse: () => KeyObject): KeyObject {
  try {
    const key = parse();
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Told below, without what the file holds.
  }
  throw new AppError(
    'KEYPAIR_MALFORMED',
    `${path} holds no Ed25519 key in PEM. Make one: openssl genpkey -algorithm ed25519`,
  );
}
