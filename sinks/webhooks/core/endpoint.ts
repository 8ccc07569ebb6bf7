/** The registration file: which endpoints there are, and what each wants. */

import { normalizeChannel, signWebhook } from '@attention-oracle/sdk';
import { z } from 'zod';
import { AppError, messageOf } from '../../../runtime/errors.ts';

export const KINDS = ['rootFinalized', 'settlementUpdated'] as const;
export type Kind = (typeof KINDS)[number];

const STATUSES = ['PENDING', 'CONFIRMED', 'FINALIZED', 'FAILED', 'CONFLICT', 'ALREADY_SETTLED', 'HELD'] as const;

const secret = z.string().refine(isSecret, 'must be whsec_ and the base64 of 24 to 64 bytes');
const url = z
  .url({ protocol: /^https?$/, error: 'must be an https:// URL (http:// in private networks only)' })
  .refine((text) => new URL(text).username === '' && new URL(text).hash === '', 'must have neither user nor fragment');

const endpoint = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and hyphens, 40 at most'),
  url,
  secrets: z.array(secret).min(1).max(3),
  kinds: z
    .array(z.enum(KINDS))
    .min(1)
    .default([...KINDS]),
  channels: z.array(z.string().transform(normalizeChannel)).min(1).optional(),
  statuses: z.array(z.enum(STATUSES)).min(1).optional(),
  from: z.union([z.literal('beginning'), z.iso.datetime({ offset: true })], {
    error: 'must be "beginning" or an instant such as "2026-01-31T12:00:00Z": what happened before it is not delivered',
  }),
});

const file = z.strictObject({
  endpoints: z.array(endpoint).refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'has an id twice'),
});

/** As registered. Channels are normalised; undefined: all of them. */
export type Endpoint = z.output<typeof endpoint>;

/** @throws AppError WEBHOOKS_FILE_INVALID naming what is wrong, values left out (they may be secrets). */
export function parseEndpoints(text: string, path: string): readonly Endpoint[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    // The library's message quotes the text, secrets and all.
    throw invalid(path, `it is no JSON (${messageOf(cause).replace(/,? ?".*/s, '')})`);
  }
  const result = file.safeParse(content);
  if (result.success) return result.data.endpoints;
  const lines = result.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
  throw invalid(path, lines.join('; '));
}

/** Whether an endpoint wants what happened. @param atMs When the record was written. */
export function wants(
  { kinds, channels, statuses, from }: Endpoint,
  { kind, channel, status, atMs }: { kind: Kind; channel: string; status?: string; atMs: number },
): boolean {
  if (!kinds.includes(kind) || (channels !== undefined && !channels.includes(channel))) return false;
  if (status !== undefined && statuses !== undefined && !statuses.some((wanted) => wanted === status)) return false;
  return from === 'beginning' || atMs >= Date.parse(from);
}

function isSecret(text: string): boolean {
  try {
    return signWebhook([text], '', 0, '') !== '';
  } catch {
    return false;
  }
}

function invalid(path: string, why: string): AppError {
  return new AppError(
    'WEBHOOKS_FILE_INVALID',
    `The endpoints in ${path} cannot be used: ${why}. Those known before go on as they were. See sinks/webhooks/README.md for its form.`,
  );
}
