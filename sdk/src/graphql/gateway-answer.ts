import { AttentionOracleError } from '../index.ts';

/** Errors as GraphQL gives them. */
export type AnswerErrors = readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];

/** The gateway's own error, as the client throws or tells it. */
export function refused(errors: AnswerErrors): AttentionOracleError {
  const [first] = errors;
  return new AttentionOracleError('GATEWAY_REFUSED', first?.message ?? 'the gateway refused the request', {
    code: first?.extensions?.code ?? 'UNKNOWN',
  });
}

/** bigint becomes decimal text, which the gateway's U64 takes; JSON has no exact form for it. */
export function exact(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, exact(item)]));
}
