/** What a failed call to a node means, from what @solana/web3.js throws. */

import type { ErrorCode } from '../../../runtime/error-codes.ts';
import { AppError, messageOf } from '../../../runtime/errors.ts';

/** Source: Agave, rpc-client-api/src/custom_error.rs, and JSON-RPC 2.0. */
const CODES = new Map<unknown, ErrorCode>([
  [-32601, 'RPC_METHOD_MISSING'],
  [-32600, 'RPC_REJECTED'],
  [-32602, 'RPC_REJECTED'],
  [-32005, 'RPC_NODE_BEHIND'],
  [-32016, 'RPC_NODE_BEHIND'],
  [-32011, 'HISTORY_TOO_SHORT'],
  [429, 'RPC_RATE_LIMITED'],
  [-32429, 'RPC_RATE_LIMITED'],
]);
/** web3.js checks the form of answers by superstruct; what it lets through breaks in its own code. */
const MALFORMED = new Set(['StructError', 'TypeError', 'RangeError', 'SyntaxError']);
const NO_ANSWER = new Set(['TimeoutError', 'AbortError']);

/** The error of a call, by its code; nothing of the endpoint's address (which may hold a key) is in it. */
export function rpcFailure(call: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const text = withoutAddresses(messageOf(error));
  return new AppError(codeOfFailure(error, text), `${call}: ${text}`, { retryable: true, cause: error });
}

function codeOfFailure(error: unknown, text: string): ErrorCode {
  const { name, code } = error as { readonly name?: string; readonly code?: unknown };
  const known = CODES.get(code);
  if (known !== undefined) return known;
  if (/^429\b|too many requests/i.test(text)) return 'RPC_RATE_LIMITED';
  if (NO_ANSWER.has(name ?? '') || /fetch failed|^5\d\d\b/.test(text)) return 'RPC_UNAVAILABLE';
  return MALFORMED.has(name ?? '') ? 'RPC_MALFORMED' : 'RPC_FAILED';
}

function withoutAddresses(text: string): string {
  return text.replace(/\b(https?|wss?):\/\/\S+/g, '(address)').slice(0, 300);
}

export function malformed(call: string, what: string): AppError {
  return new AppError('RPC_MALFORMED', `${call}: the node's answer ${what}.`, { retryable: true });
}
