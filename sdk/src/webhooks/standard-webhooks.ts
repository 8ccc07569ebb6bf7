/** Signatures of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over id, time and body, version v1. */

import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { base64 } from '@scure/base';
import { AttentionOracleError } from '../errors.ts';
import type { WebhookMessage } from './messages.ts';

/** Headers as frameworks hand them over: of fetch, or a plain object of any letter case. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyWebhookInput {
  /** `whsec_…`, as registered. While a secret is changed: the old one and the new one. */
  readonly secret: string | readonly string[];
  readonly headers: WebhookHeaders;
  /** The body as it came, byte by byte: not parsed and written again. */
  readonly body: string | Uint8Array;
  /** Most seconds between the sender's clock and this one. Default: 300. */
  readonly toleranceSeconds?: number;
  /** Seconds since the Unix epoch. Default: this machine's clock. */
  readonly nowSeconds?: number;
}

export interface VerifiedWebhook {
  /** The same for every repetition of a message: do once what you do for an id. */
  readonly id: string;
  readonly message: WebhookMessage;
}

const PREFIX = 'whsec_';
const TOLERANCE_SECONDS = 300;

/**
 * The value of `webhook-signature`: one signature for each secret, separated by spaces.
 * @param timestampSeconds Of this attempt, since the Unix epoch.
 * @throws AttentionOracleError WEBHOOK_SECRET_INVALID
 */
export function signWebhook(
  secrets: readonly string[],
  id: string,
  timestampSeconds: number,
  body: string | Uint8Array,
): string {
  const signed = signedBytes(id, String(timestampSeconds), body);
  return secrets.map((secret) => `v1,${base64.encode(hmac(sha256, keyOf(secret), signed))}`).join(' ');
}

/**
 * Checks that a request is from the platform, untouched and fresh, and reads it.
 * @throws AttentionOracleError WEBHOOK_HEADERS_MISSING, WEBHOOK_TIMESTAMP_INVALID, WEBHOOK_SIGNATURE_INVALID: answer 401;
 * WEBHOOK_BODY_INVALID; WEBHOOK_SECRET_INVALID when the secret is none.
 */
export function verifyWebhook(input: VerifyWebhookInput): VerifiedWebhook {
  const { headers, body, toleranceSeconds = TOLERANCE_SECONDS, nowSeconds = Date.now() / 1000 } = input;
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(headers, name),
  ) as [string, string, string];
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(nowSeconds - Number(timestamp)) > toleranceSeconds) {
    const tooFar = 'the time of the webhook is too far from this clock: an old request sent again, or a wrong clock';
    throw new AttentionOracleError('WEBHOOK_TIMESTAMP_INVALID', tooFar, { timestamp, nowSeconds });
  }
  const secrets = typeof input.secret === 'string' ? [input.secret] : input.secret;
  const signed = signedBytes(id, timestamp, body);
  const expected = secrets.map((secret) => hmac(sha256, keyOf(secret), signed));
  const given = signatures.split(' ').flatMap((part) => (part.startsWith('v1,') ? decoded(part.slice(3)) : []));
  if (!expected.some((one) => given.some((other) => sameBytes(one, other)))) {
    const foreign = 'no signature is of this secret: another sender, another secret, or a body that is not as it came';
    throw new AttentionOracleError('WEBHOOK_SIGNATURE_INVALID', foreign, { id });
  }
  try {
    const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
    return { id, message: JSON.parse(text) as WebhookMessage };
  } catch (cause) {
    throw new AttentionOracleError('WEBHOOK_BODY_INVALID', 'the signed body is no JSON', { id }, { cause });
  }
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const found: unknown =
    typeof headers['get'] === 'function'
      ? (headers as Headers).get(name)
      : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  const value: unknown = Array.isArray(found) ? (found as unknown[])[0] : found;
  if (typeof value === 'string' && value !== '') return value;
  throw new AttentionOracleError('WEBHOOK_HEADERS_MISSING', `the request has no ${name}: it is no signed webhook`);
}

function signedBytes(id: string, timestamp: string, body: string | Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const content = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const bytes = new Uint8Array(head.length + content.length);
  bytes.set(head);
  bytes.set(content, head.length);
  return bytes;
}

/** Keys of Standard Webhooks have 24 to 64 bytes. */
function keyOf(secret: string): Uint8Array {
  const [key] = secret.startsWith(PREFIX) ? decoded(secret.slice(PREFIX.length)) : [];
  if (key !== undefined && key.length >= 24 && key.length <= 64) return key;
  const form = 'a webhook secret is whsec_ and the base64 of 24 to 64 bytes';
  throw new AttentionOracleError('WEBHOOK_SECRET_INVALID', form, { length: secret.length });
}

function decoded(text: string): Uint8Array[] {
  try {
    return [base64.decode(text)];
  } catch {
    return [];
  }
}

/** Takes as long wherever they differ. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] ?? 0);
  return difference === 0;
}
