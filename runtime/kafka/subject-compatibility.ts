/** The compatibility of a subject while several processes register it at the same time. */

import { messageOf } from '../errors.ts';

/**
 * Whether a registration failed because the subject's compatibility is just being set: made, and not yet given one (a process
 * that dies in between leaves it so), or given one by another process in the same moment.
 */
export function isUnsettledCompatibility(error: unknown): boolean {
  return /BACKWARD != NONE|rule named .?COMPATIBILITY.? already exists/i.test(messageOf(error));
}

/**
 * Sets compatibility BACKWARD on a subject that exists. Idempotent.
 * @throws Error with the registry's answer; 409 means that another process has just done it, which is as good.
 */
export async function requireBackward(registryUrl: string, subject: string): Promise<void> {
  const url = new URL(registryUrl);
  const headers: Record<string, string> = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  if (url.username !== '') {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`;
  }
  url.username = '';
  url.password = '';
  url.pathname = `${url.pathname.replace(/\/$/, '')}/config/${encodeURIComponent(subject)}`;
  const response = await fetch(url, {
    method: 'PUT',
    headers,
    body: JSON.stringify({ compatibility: 'BACKWARD' }),
    signal: AbortSignal.timeout(10_000),
  });
  const body = await response.text();
  if (!response.ok && response.status !== 409) {
    throw new Error(`setting the compatibility of ${subject}: status ${response.status}, ${body.slice(0, 200)}`);
  }
}
