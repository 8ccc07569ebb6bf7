/**
 * Which trace and which span tells of an event or a root: derived from what it is about. So a restart, a replay or a second
 * listener names the same ones, nothing has to be remembered with the claims, and a trace is found without a search. Pure.
 */

import { createHash } from 'node:crypto';

export interface SpanIdentity {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
}

/** The trace of a transaction: of all its events, and of the rows and answers that come of them. */
export function traceIdOf(signature: string): string {
  return digest(signature).slice(0, 32);
}

/** The span of an event in its transaction's trace. @param eventId `<signature>/<outer index>[.<inner index>]` */
export function eventIdentity(eventId: string): SpanIdentity {
  return { traceId: traceIdOf(signatureOf(eventId)), spanId: digest(eventId).slice(0, 16) };
}

/** The first span of the trace of a root: its settlement, rows and answers follow it. */
export function rootIdentity(channel: string, epoch: bigint | string): SpanIdentity {
  const hash = digest(`${channel}/${epoch}`);
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}

function signatureOf(eventId: string): string {
  const end = eventId.indexOf('/');
  return end === -1 ? eventId : eventId.slice(0, end);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
