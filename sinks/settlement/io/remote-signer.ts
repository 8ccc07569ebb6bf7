/**
 * A key that never comes into this process: a signer over HTTP that speaks the transit interface of HashiCorp Vault and OpenBao
 * (`GET keys/NAME`, `POST sign/NAME`). Each signature is checked against the public key before it is used.
 */

import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { base58Encode } from '@attention-oracle/sdk';
import { AppError, codeOf, messageOf } from '../../../runtime/errors.ts';
import type { SigningKey } from '../core/signer.ts';

const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const TIMEOUT_MS = 3000;
/** A signer that did not answer is not asked again before: others wait behind the question. */
const PAUSE_MS = 1000;

export interface RemoteSignerOptions {
  /** Where the transit engine is, e.g. https://vault:8200/v1/transit. */
  readonly url: string;
  /** Name of the key there. */
  readonly key: string;
  /** Read before each request, so that it may be renewed; undefined: requests without a token. */
  readonly tokenFile: string | undefined;
  now(): number;
}

export class RemoteSigner {
  readonly #options: RemoteSignerOptions;
  #silentUntilMs = 0;

  constructor(options: RemoteSignerOptions) {
    this.#options = options;
  }

  /** The newest version of the key. @throws AppError SIGNER_UNAVAILABLE, SIGNER_REFUSED, SIGNER_WRONG */
  async load(): Promise<SigningKey> {
    const answer = await this.#ask('GET', `keys/${this.#options.key}`);
    const version = field(answer, 'data', 'latest_version');
    const publicKey = bytesOf(field(answer, 'data', 'keys', String(version), 'public_key'), KEY_BYTES);
    if (typeof version !== 'number' || publicKey === undefined) throw wrong('it shows no Ed25519 key of that name');
    return {
      address: base58Encode(publicKey),
      sign: (message) => this.#sign(message, version, publicKey),
    };
  }

  async #sign(message: Uint8Array, version: number, publicKey: Uint8Array): Promise<Uint8Array> {
    const input = Buffer.from(message).toString('base64');
    const answer = await this.#ask('POST', `sign/${this.#options.key}`, { input, key_version: version });
    const text = field(answer, 'data', 'signature');
    const signature = bytesOf(typeof text === 'string' ? text.split(':').at(-1) : undefined, SIGNATURE_BYTES);
    const key = createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' });
    if (signature === undefined || !verify(null, message, key, signature)) {
      throw wrong(`its signature is none of the key ${base58Encode(publicKey)}`);
    }
    return signature;
  }

  async #ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const { now, url } = this.#options;
    if (now() < this.#silentUntilMs) throw unavailable('it did not answer a moment ago');
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    const token = this.#token();
    if (token !== undefined) headers['x-vault-token'] = token;
    try {
      const response = await fetch(`${url.replace(/\/$/, '')}/${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: 'error',
      });
      if (!response.ok) throw refusal(response.status);
      return await response.json();
    } catch (error) {
      if (codeOf(error) === 'SIGNER_REFUSED') throw error;
      this.#silentUntilMs = now() + PAUSE_MS;
      if (codeOf(error) === 'SIGNER_UNAVAILABLE') throw error;
      // Of the cause only its name: a URL may hold credentials, an answer anything.
      throw unavailable(causeName(error));
    }
  }

  #token(): string | undefined {
    const { tokenFile } = this.#options;
    if (tokenFile === undefined) return undefined;
    try {
      return readFileSync(tokenFile, 'utf8').trim();
    } catch (error) {
      throw unavailable(`the token file cannot be read: ${codeOf(error)}`);
    }
  }
}

function refusal(status: number): AppError {
  if (status >= 500 || status === 429) return unavailable(`it answers with status ${status}`);
  return new AppError(
    'SIGNER_REFUSED',
    `The signer refuses (status ${status}). Check SETTLEMENT_SIGNER_KEY, and that the token of SETTLEMENT_SIGNER_TOKEN_FILE may read and sign with it.`,
    { retryable: true },
  );
}

function unavailable(why: string): AppError {
  return new AppError(
    'SIGNER_UNAVAILABLE',
    `The signer of SETTLEMENT_SIGNER_URL does not sign: ${why}. Nothing is sent until it does; it is asked again.`,
    { retryable: true },
  );
}

function wrong(why: string): AppError {
  return new AppError(
    'SIGNER_WRONG',
    `The signer of SETTLEMENT_SIGNER_URL is not as it should be: ${why}. Nothing is sent with it; check SETTLEMENT_SIGNER_URL and SETTLEMENT_SIGNER_KEY.`,
    { retryable: true },
  );
}

function causeName(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause;
  if (codeOf(cause) !== 'UNEXPECTED') return codeOf(cause);
  return error instanceof Error ? error.name : messageOf(error).slice(0, 40);
}

function field(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined),
    value,
  );
}

function bytesOf(text: unknown, length: number): Uint8Array | undefined {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'base64') : undefined;
  return bytes?.length === length ? bytes : undefined;
}
