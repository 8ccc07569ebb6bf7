/** What an error concerns: small JSON-like values, never secrets. */
export type ErrorContext = Readonly<Record<string, unknown>>;

/**
 * The one error class of this package.
 *
 * `code` is stable UPPER_SNAKE and is what callers should branch on; the message is for people and may be reworded.
 *
 * @example
 * try { tree.proof(9) } catch (error) {
 *   if (error instanceof AttentionOracleError && error.code === 'LEAF_INDEX_OUT_OF_RANGE') return notFound();
 *   throw error;
 * }
 */
export class AttentionOracleError extends Error {
  override readonly name = 'AttentionOracleError';
  readonly code: string;
  readonly context: ErrorContext;

  constructor(code: string, message: string, context: ErrorContext = {}, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.context = context;
  }
}
