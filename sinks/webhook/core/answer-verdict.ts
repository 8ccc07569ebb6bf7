/** What the aggregator's answer to a push means. */

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
}

export type AnswerVerdict =
  | { readonly kind: 'taken' }
  /** Not now: `afterMs` where the aggregator asked for a pause. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number | undefined }
  /** This event will never be taken. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Statuses that judge the sender and not the event: every event would be refused alike. */
const ABOUT_THE_SENDER = new Set([401, 403, 407]);
const NOT_NOW = new Set([408, 429]);
/** No aggregator needs longer; a wrong clock on its side must not stop the stream. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

export function judgeAnswer({ status, retryAfter }: Answer, nowMs: number): AnswerVerdict {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  if (status >= 500 || NOT_NOW.has(status)) {
    return { kind: 'retry', reason: `status_${status}`, afterMs: retryAfterMs(retryAfter, nowMs) };
  }
  // A redirect is not followed: it would hand the token to another address.
  if (status < 400 || ABOUT_THE_SENDER.has(status)) {
    return { kind: 'retry', reason: `status_${status}`, afterMs: undefined };
  }
  return { kind: 'refused', reason: `status_${status}` };
}

/** Retry-After: seconds or an HTTP date. */
function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}
