import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AttentionOracleError } from '../errors.ts';
import { signWebhook, type VerifyWebhookInput, verifyWebhook } from './standard-webhooks.ts';

/** The vector of the specification's own libraries. */
const PUBLISHED = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1_614_265_330,
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const OTHER_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

function received(change: Partial<VerifyWebhookInput> = {}): VerifyWebhookInput {
  const { secret, id, timestamp, body, signature } = PUBLISHED;
  const headers = { 'Webhook-Id': id, 'WEBHOOK-TIMESTAMP': String(timestamp), 'webhook-signature': signature };
  return { secret, headers, body, nowSeconds: timestamp + 10, ...change };
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AttentionOracleError) return error.code;
    throw error;
  }
  return 'none';
}

describe('Standard Webhooks', () => {
  it('signs as the specification does, and as HMAC-SHA256 of node:crypto', () => {
    const { secret, id, timestamp, body, signature } = PUBLISHED;
    expect(signWebhook([secret], id, timestamp, body)).toBe(signature);
    const key = Buffer.from(OTHER_SECRET.slice(6), 'base64');
    const expected = createHmac('sha256', key)
      .update(`a.5.${'é'.repeat(9)}`)
      .digest('base64');
    expect(signWebhook([OTHER_SECRET], 'a', 5, 'é'.repeat(9))).toBe(`v1,${expected}`);
  });

  it('reads what is signed, from headers of fetch and of Node, as text and as bytes', () => {
    expect(verifyWebhook(received())).toEqual({ id: PUBLISHED.id, message: { test: 2_432_232_314 } });
    const { id, timestamp, signature } = PUBLISHED;
    const headers = new Headers({
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature,
    });
    expect(verifyWebhook(received({ headers, body: Buffer.from(PUBLISHED.body) })).id).toBe(id);
  });

  it('takes the old and the new secret while it is changed, on either side', () => {
    const { secret, id, timestamp, body } = PUBLISHED;
    const both = signWebhook([OTHER_SECRET, secret], id, timestamp, body);
    const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': both };
    expect(verifyWebhook(received({ headers })).id).toBe(id);
    expect(verifyWebhook(received({ headers, secret: OTHER_SECRET })).id).toBe(id);
    expect(verifyWebhook(received({ secret: [OTHER_SECRET, secret] })).id).toBe(id);
  });

  it.each([
    ['a changed body', { body: '{"test": 2432232315}' }, 'WEBHOOK_SIGNATURE_INVALID'],
    ['another secret', { secret: OTHER_SECRET }, 'WEBHOOK_SIGNATURE_INVALID'],
    ['a request of yesterday', { nowSeconds: PUBLISHED.timestamp + 86_400 }, 'WEBHOOK_TIMESTAMP_INVALID'],
    ['a request of tomorrow', { nowSeconds: PUBLISHED.timestamp - 301 }, 'WEBHOOK_TIMESTAMP_INVALID'],
    ['a request without headers', { headers: {} }, 'WEBHOOK_HEADERS_MISSING'],
    ['a secret that is too short', { secret: 'whsec_YWJj' }, 'WEBHOOK_SECRET_INVALID'],
    ['a secret without its prefix', { secret: PUBLISHED.secret.slice(6) }, 'WEBHOOK_SECRET_INVALID'],
  ])('refuses %s', (_what, change, code) => {
    expect(codeOf(() => verifyWebhook(received(change)))).toBe(code);
  });

  it.each(['v1,', 'v1a,g0hM', 'v1,!!!', 'v1,g0hM9SsE', 'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='])(
    'refuses the signature %s',
    (signature) => {
      const headers = { ...(received().headers as Record<string, string>), 'webhook-signature': signature };
      expect(codeOf(() => verifyWebhook(received({ headers })))).toBe('WEBHOOK_SIGNATURE_INVALID');
    },
  );

  it('tells that a signed body is no JSON', () => {
    const { secret, id, timestamp } = PUBLISHED;
    const signature = signWebhook([secret], id, timestamp, 'no json');
    const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature };
    expect(codeOf(() => verifyWebhook(received({ headers, body: 'no json' })))).toBe('WEBHOOK_BODY_INVALID');
  });
});
