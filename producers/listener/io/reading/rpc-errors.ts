/** What went wrong with a JSON-RPC call, and whether asking again helps. */

import { AppError } from '../../../../runtime/errors.ts';

/** An error object of JSON-RPC. */
export interface RpcErrorObject {
  readonly code: number;
  readonly message: string;
}

export interface RpcCallContext {
  /** Host only: URLs carry API keys. */
  readonly endpoint: string;
  readonly method: string;
}

/** Node behind, slot or block not there (yet), history not there: another node, or the same one later, may answer. */
const BEHIND = new Set([-32004, -32005, -32007, -32009, -32011, -32014, -32016]);

export function rpcError(error: RpcErrorObject, call: RpcCallContext): AppError {
  const context = { ...call, rpcCode: error.code };
  const text = `${call.method} on ${call.endpoint}: ${error.message.slice(0, 300)} (${error.code}).`;
  if (error.code === -32015) {
    return new AppError(
      'TRANSACTION_VERSION_UNSUPPORTED',
      `${text} The transaction has a version that this listener does not ask for; upgrade it. Nothing is skipped.`,
      { context },
    );
  }
  if (error.code === -32601)
    return new AppError('RPC_METHOD_MISSING', `${text} The server lacks the method.`, { context });
  if (error.code === -32602 || error.code === -32600) return new AppError('RPC_REJECTED', text, { context });
  if (error.code === 429 || error.code === -32429) {
    return new AppError('RPC_RATE_LIMITED', text, { retryable: true, context });
  }
  const code = BEHIND.has(error.code) ? 'RPC_NODE_BEHIND' : 'RPC_FAILED';
  return new AppError(code, text, { retryable: true, context });
}

export function transportError(cause: unknown, call: RpcCallContext): AppError {
  const name = (cause as { name?: unknown } | null)?.name;
  const reason = name === 'TimeoutError' ? 'no answer in time' : reasonOf(cause);
  return new AppError('RPC_UNAVAILABLE', `${call.method} on ${call.endpoint}: ${reason}.`, {
    retryable: true,
    context: { ...call },
  });
}

/** The system's code (ECONNREFUSED) where there is one: messages may hold the URL. */
function reasonOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'the connection failed';
}

export function httpError(status: number, call: RpcCallContext): AppError {
  const code =
    status === 429 ? 'RPC_RATE_LIMITED' : status >= 500 || status === 408 ? 'RPC_UNAVAILABLE' : 'RPC_REJECTED';
  return new AppError(code, `${call.method} on ${call.endpoint}: HTTP ${status}.`, {
    retryable: code !== 'RPC_REJECTED',
    context: { ...call, status },
  });
}

export function malformedAnswer(call: RpcCallContext, what: string): AppError {
  return new AppError('RPC_MALFORMED', `${call.method} on ${call.endpoint}: ${what}.`, {
    retryable: true,
    context: { ...call },
  });
}

/** Milliseconds of a Retry-After header: seconds or an HTTP date; undefined where there is none. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
