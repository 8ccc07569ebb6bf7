import { base58Encode, bytesToHex } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { decodeVersion1Transaction } from './decode-version-1.ts';
import { KEY_BYTES, SIGNATURE_BYTES } from './version-1-layout.ts';
import type { SignedVersion1Transaction, Version1Signer } from './version-1-transaction.ts';

/** Before the 32 bytes of an Ed25519 seed in PKCS #8. */
const PKCS8_PREFIX = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

interface WebCrypto {
  importKey(
    format: 'pkcs8',
    key: Uint8Array,
    algorithm: 'Ed25519',
    extractable: false,
    usages: ['sign'],
  ): Promise<object>;
  sign(algorithm: 'Ed25519', key: object, data: Uint8Array): Promise<ArrayBuffer>;
}

/**
 * Signs a message of {@link compileVersion1Message} with the key pairs of all its signers, in any order.
 *
 * @throws AttentionOracleError SIGNER_MISSING, SIGNER_UNKNOWN when one is not asked for, SIGNER_INVALID when its keys do not
 * belong together, ED25519_MISSING where the runtime cannot sign (Node 18, old browsers): sign the message with another library
 * there and give the signatures to {@link serializeVersion1Transaction}.
 */
export async function signVersion1Transaction(
  message: Uint8Array,
  signers: readonly Version1Signer[],
): Promise<SignedVersion1Transaction> {
  const required = requiredSigners(message);
  for (const { publicKey } of signers) {
    const address = base58Encode(publicKey.toBytes());
    if (required.includes(address)) continue;
    throw new AttentionOracleError('SIGNER_UNKNOWN', `the message does not ask ${address} to sign: leave it out`, {
      address,
    });
  }
  const signatures = await Promise.all(
    required.map((address) => {
      const signer = signers.find(({ publicKey }) => base58Encode(publicKey.toBytes()) === address);
      if (signer === undefined) throw missing(address);
      return ed25519(message, signer, address);
    }),
  );
  return serializeVersion1Transaction(message, signatures);
}

/**
 * Puts signatures that were made elsewhere to a message of {@link compileVersion1Message}.
 * @param signatures 64 bytes each, in the order of the message's signers, the payer's first.
 * @throws AttentionOracleError SIGNER_MISSING when there are too few or too many, SIGNATURE_INVALID when one is not 64 bytes.
 */
export function serializeVersion1Transaction(
  message: Uint8Array,
  signatures: readonly Uint8Array[],
): SignedVersion1Transaction {
  const required = requiredSigners(message);
  const [first] = signatures;
  if (first === undefined || signatures.length !== required.length) {
    throw missing(required[signatures.length] ?? `no more than ${required.length} signers`);
  }
  const rawTransaction = new Uint8Array(message.length + SIGNATURE_BYTES * signatures.length);
  rawTransaction.set(message);
  for (const [index, signature] of signatures.entries()) {
    if (signature.length !== SIGNATURE_BYTES) {
      throw new AttentionOracleError('SIGNATURE_INVALID', `a signature has 64 bytes, this one has ${signature.length}`);
    }
    rawTransaction.set(signature, message.length + SIGNATURE_BYTES * index);
  }
  return { signature: base58Encode(first), rawTransaction };
}

function requiredSigners(message: Uint8Array): string[] {
  const unsigned = new Uint8Array(message.length + SIGNATURE_BYTES * (message[1] ?? 0));
  unsigned.set(message);
  return decodeVersion1Transaction(unsigned).signers.map((signer) => signer.toBase58());
}

async function ed25519(message: Uint8Array, { secretKey, publicKey }: Version1Signer, address: string) {
  if (
    secretKey.length !== 2 * KEY_BYTES ||
    bytesToHex(secretKey.subarray(KEY_BYTES)) !== bytesToHex(publicKey.toBytes())
  ) {
    throw new AttentionOracleError(
      'SIGNER_INVALID',
      `the secret key of ${address} is not its own: give the 64 bytes of the key pair, seed and public key`,
      { address },
    );
  }
  const { crypto } = globalThis as unknown as { crypto?: { subtle?: WebCrypto } };
  const subtle = crypto?.subtle;
  try {
    if (subtle === undefined) throw new Error('no WebCrypto');
    const pkcs8 = Uint8Array.of(...PKCS8_PREFIX, ...secretKey.subarray(0, KEY_BYTES));
    const key = await subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
    return new Uint8Array(await subtle.sign('Ed25519', key, message));
  } catch (cause) {
    const message = 'this runtime cannot sign with Ed25519: use Node 20 or a current browser, or sign elsewhere';
    throw new AttentionOracleError('ED25519_MISSING', message, {}, { cause });
  }
}

function missing(address: string): AttentionOracleError {
  return new AttentionOracleError('SIGNER_MISSING', `the message needs the signature of ${address}`, { address });
}
