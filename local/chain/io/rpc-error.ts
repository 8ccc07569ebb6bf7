/** An error answer of JSON-RPC, with Solana's codes and words. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }

  toJSON() {
    return this.data === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, data: this.data };
  }
}

export const PARSE_ERROR = -32_700;
export const INVALID_REQUEST = -32_600;
export const METHOD_NOT_FOUND = -32_601;
export const INVALID_PARAMS = -32_602;
export const BLOCK_CLEANED_UP = -32_001;
export const PREFLIGHT_FAILURE = -32_002;
export const SIGNATURE_VERIFICATION_FAILURE = -32_003;
export const BLOCK_NOT_AVAILABLE = -32_004;
export const NODE_UNHEALTHY = -32_005;
export const SLOT_SKIPPED = -32_007;
export const UNSUPPORTED_TRANSACTION_VERSION = -32_015;
export const MIN_CONTEXT_SLOT_NOT_REACHED = -32_016;

/** Parameters that cannot be used; the message says which and why. */
export function invalidParams(message: string): RpcError {
  return new RpcError(INVALID_PARAMS, message);
}
