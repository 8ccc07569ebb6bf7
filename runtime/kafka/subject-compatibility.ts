/** The compatibility of a subject while several processes register it at the same time. */

import { messageOf } from '../errors.ts';
import { askRegistry } from './registry-request.ts';

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
  const path = `/config/${encodeURIComponent(subject)}`;
  const { status, text } = await askRegistry(registryUrl, path, { compatibility: 'BACKWARD' });
  if (status >= 400 && status !== 409) {
    throw new Error(`setting the compatibility of ${subject}: status ${status}, ${text.slice(0, 200)}`);
  }
}
