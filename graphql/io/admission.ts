/** Which operations over WebSocket and SSE may begin, and how their results are told: on both the same. */

import {
  type ExecutionArgs,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import type { RateWindow } from '../core/rate-window.ts';
import type { GatewayContext } from './context.ts';
import type { DocumentChecker } from './documents.ts';
import type { PersistedDocuments, SentDocument } from './persisted-documents.ts';

export interface AdmissionOptions {
  readonly schema: GraphQLSchema;
  readonly documents: DocumentChecker;
  readonly persisted: PersistedDocuments;
  context(): GatewayContext;
  /** What clients are told of an error. */
  told(error: GraphQLError): GraphQLFormattedError;
}

/** An operation as a client sends it. */
export interface AskedOperation extends SentDocument {
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
  /** A browser that connects again by itself says after which item: it goes on there, if the document has a variable `$after`. */
  readonly lastEventId?: string | null;
}

export type AdmittedOperation = ExecutionArgs & { readonly contextValue: GatewayContext };

/** As the libraries hand it over. */
export interface OperationResult {
  readonly errors?: readonly GraphQLError[] | undefined;
  readonly data?: Record<string, unknown> | null | undefined;
  readonly extensions?: Record<string, unknown> | undefined;
}

export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * @param rate Of the client's connection.
   * @param mayAsk Counts it against the limit of the client's address, where it was not counted as a request: false when that is used up.
   */
  async admit(
    rate: RateWindow,
    asked: AskedOperation,
    mayAsk: () => Promise<boolean>,
  ): Promise<AdmittedOperation | readonly GraphQLError[]> {
    const waitMs = rate.take(Date.now());
    if (waitMs !== undefined || !(await mayAsk()))
      return [refusal('TOO_MANY_REQUESTS', `Too many operations; go on in ${Math.ceil((waitMs ?? 60_000) / 1000)} s.`)];
    const { schema, documents, persisted } = this.#options;
    try {
      const text = persisted.textOf(asked);
      const document = documents.check(text);
      persisted.admit(document, asked.operationName);
      return {
        schema,
        document,
        operationName: asked.operationName,
        variableValues:
          asked.lastEventId != null && /\$after\b/.test(text)
            ? { ...asked.variables, after: asked.lastEventId }
            : asked.variables,
        contextValue: this.#options.context(),
      };
    } catch (error) {
      if (error instanceof AggregateError) return error.errors as GraphQLError[];
      if (error instanceof GraphQLError) return [error];
      throw error;
    }
  }

  formatted(
    { errors, data, extensions }: OperationResult,
    context: GatewayContext | undefined,
  ): FormattedExecutionResult {
    return {
      ...(errors === undefined ? {} : { errors: errors.map((error) => this.#options.told(error)) }),
      ...(data === undefined ? {} : { data }),
      ...(context === undefined ? {} : { extensions: { ...extensions, ao: context.certainty.told() } }),
    };
  }

  told(errors: readonly GraphQLError[]): GraphQLFormattedError[] {
    return errors.map((error) => this.#options.told(error));
  }
}

export function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
