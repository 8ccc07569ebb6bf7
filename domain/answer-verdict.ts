/** What a receiver's answer to a POST of one message means, for every role that pushes. */

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
}

export type AnswerVerdict =
  | { readonly kind: 'taken' }
  /** Not now: `afterMs` where the receiver asked for a pause. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number | undefined }
  /** Every message would be answered so: the URL, the token or another setting of this sender is wrong. */
  | { readonly kind: 'misconfigured'; readonly reason: string }
  /** This message will never be taken. */
  | { readonly kind: 'refused'; readonly reason: string };

/** The statuses that judge the one message in the body: its form, a conflict with what is known, its size, its meaning. */
const ABOUT_THE_MESSAGE = new Set([400, 409, 413, 422]);
const NOT_NOW = new Set([408, 425, 429]);
/** No receiver needs longer; a wrong clock on its side must not stop the stream. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

export function judgeAnswer({ status, retryAfter }: Answer, nowMs: number): AnswerVerdict {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  if (status >= 500 || NOT_NOW.has(status)) {
    return { kind: 'retry', reason: `status_${status}`, afterMs: retryAfterMs(retryAfter, nowMs) };
  }
  if (ABOUT_THE_MESSAGE.has(status)) return { kind: 'refused', reason: `status_${status}` };
  // Also a redirect, which is not followed: it would hand the token to another address.
  return { kind: 'misconfigured', reason: `status_${status}` };
}

/** Retry-After: seconds or an HTTP date. */
function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}
