/** What clients are told of an error: on every transport the same. */

import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from '../../runtime/logging.ts';
import { withoutHints } from '../core/hints.ts';
import type { ProvenPoint } from '../core/proven-state.ts';
import type { ErrorCode } from '../schema-types.generated.ts';

/** What clients may be told; anything else is a fault of ours. */
const CODES = {
  BAD_USER_INPUT: true,
  BAD_REQUEST: true,
  GRAPHQL_PARSE_FAILED: true,
  GRAPHQL_VALIDATION_FAILED: true,
  OPERATION_RESOLUTION_FAILURE: true,
  DOCUMENT_TOO_LARGE: true,
  PERSISTED_QUERY_NOT_FOUND: true,
  PERSISTED_QUERY_NOT_SUPPORTED: true,
  DOCUMENT_NOT_TRUSTED: true,
  MIN_SLOT_NOT_REACHED: true,
  SERVICE_UNAVAILABLE: true,
  RESUME_FROM_CURSOR: true,
  TOO_MANY_OPERATIONS: true,
  TOO_MANY_REQUESTS: true,
  INTERNAL_SERVER_ERROR: true,
} as const satisfies Record<ErrorCode, true>;

export type ToldErrors = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/**
 * An error that we did not raise ourselves is logged whole and told in general words.
 * @param hints Whether names of the schema may be proposed for those that were not found.
 */
export function toldErrors(log: Logger, hints: boolean): ToldErrors {
  return (formatted, error) => {
    const cause = unwrapResolverError(error);
    if (isRefusedRequest(cause)) return { ...formatted, extensions: { code: 'BAD_USER_INPUT' } };
    if (isForClients(cause) && isTold(formatted.extensions?.['code']))
      return hints ? formatted : { ...formatted, message: withoutHints(formatted.message) };
    log.error({ err: cause, path: formatted.path }, 'resolver failed');
    return {
      ...formatted,
      message: 'Something went wrong here, not with your request. It is logged; try again later.',
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    };
  };
}

/** The HTTP library refuses some requests with a status and no code: a hash that is not that of its document. */
function isRefusedRequest(error: unknown): boolean {
  if (!(error instanceof GraphQLError) || error.extensions['code'] !== undefined) return false;
  return (error.extensions['http'] as { status?: number } | undefined)?.status === 400;
}

function isTold(code: unknown): boolean {
  return code === undefined || (typeof code === 'string' && Object.hasOwn(CODES, code));
}

/** Whether it was raised to be told, all the way down: the library wraps what it catches. */
function isForClients(error: unknown): boolean {
  if (!(error instanceof GraphQLError)) return false;
  return error.originalError === undefined || isForClients(error.originalError);
}

/** As the HTTP server forms it: with a code, without what is for HTTP only. */
export function formattedOf(error: GraphQLError): GraphQLFormattedError {
  const { http: _http, ...extensions } = error.extensions;
  return { ...error.toJSON(), extensions: { code: 'BAD_USER_INPUT', ...extensions } };
}

/** What is not known for certain in time. */
export function minSlotNotReached(minSlot: bigint, point: ProvenPoint | undefined): GraphQLError {
  return new GraphQLError(
    `Slot ${minSlot} is not proven yet, ${reached(minSlot, point)}; ask again, or leave minSlot out.`,
    {
      extensions: {
        code: 'MIN_SLOT_NOT_REACHED',
        minSlot: minSlot.toString(),
        provenSlot: point?.slot.toString() ?? null,
      },
    },
  );
}

function reached(minSlot: bigint, point: ProvenPoint | undefined): string {
  if (point === undefined) return 'nothing is proven yet';
  if (point.slot < minSlot) return `what is proven ends with slot ${point.slot}`;
  const first = point.ranges[0]?.fromSlot ?? 0;
  return minSlot < first ? `what is proven begins with slot ${first}` : 'it stands in a gap (see gaps)';
}

/** What cannot be answered now. */
export function unavailable(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'SERVICE_UNAVAILABLE', http: { status: 503 } } });
}
