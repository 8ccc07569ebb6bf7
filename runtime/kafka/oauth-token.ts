/** Tokens for SASL OAUTHBEARER, from a token endpoint by OAuth's client credentials. */

import { z } from 'zod';
import { AppError, messageOf } from '../errors.ts';

export interface TokenEndpoint {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | undefined;
}

const TIMEOUT_MS = 5000;
/** Asked again after this share of a token's life. */
const RENEW_AFTER = 0.8;
/** Where the endpoint does not say how long a token lives. */
const DEFAULT_LIFE_S = 60;

const answerShape = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive().optional() });

/**
 * @returns what gives a token that still lives; asked for anew only when it must be. It throws AppError KAFKA_TOKEN_REFUSED, retryable where the
 * endpoint is away and not where it refuses the client.
 */
export function tokenProvider(endpoint: TokenEndpoint): () => Promise<{ value: string }> {
  let known: { readonly value: string; readonly renewAtMs: number } | undefined;
  return async () => {
    if (known === undefined || Date.now() >= known.renewAtMs) {
      const { access_token: value, expires_in: lifeS = DEFAULT_LIFE_S } = await ask(endpoint);
      known = { value, renewAtMs: Date.now() + lifeS * 1000 * RENEW_AFTER };
    }
    return { value: known.value };
  };
}

async function ask({ url, clientId, clientSecret, scope }: TokenEndpoint): Promise<z.output<typeof answerShape>> {
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':');
  const form = { grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) };
  let isRefusal = false;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}`, accept: 'application/json' },
      body: new URLSearchParams(form),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    isRefusal = response.status >= 400 && response.status < 500 && response.status !== 429;
    if (!response.ok) throw new Error(`status ${response.status}`);
    return answerShape.parse(await response.json());
  } catch (cause) {
    throw new AppError(
      'KAFKA_TOKEN_REFUSED',
      `The token endpoint ${new URL(url).host} gives no token: ${messageOf(cause).split('\n')[0]}. See KAFKA_OAUTH_TOKEN_URL, and KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD, which are the client's id and secret there.`,
      { retryable: !isRefusal, cause },
    );
  }
}
