/** GraphQL over WebSocket: the protocol is the library's, the limits are ours. */

import {
  type ExecutionArgs,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import { CloseCode, makeServer, type Server } from 'graphql-ws';
import type { Logger } from '../../../runtime/logging.ts';
import type { GatewayContext } from '../context.ts';
import type { DocumentChecker } from '../documents.ts';
import type { Connection } from './connection.ts';

export interface OperationsOptions {
  readonly schema: GraphQLSchema;
  readonly documents: DocumentChecker;
  /** How long a client may take to begin the protocol, ms. */
  readonly initTimeoutMs: number;
  context(): GatewayContext;
  /** Counts an operation against the limit of the client's address; false when that is used up. */
  mayAsk(connection: Connection): Promise<boolean>;
  /** What clients are told of an error. */
  told(error: GraphQLError): GraphQLFormattedError;
  readonly log: Logger;
}

/** Of the ids that clients give their operations. */
const MAX_ID_LENGTH = 128;

export class Operations {
  readonly #options: OperationsOptions;
  readonly #server: Server<Connection>;

  constructor(options: OperationsOptions) {
    this.#options = options;
    this.#server = makeServer<Record<string, unknown> | undefined, Connection>({
      connectionInitWaitTimeout: options.initTimeoutMs,
      onSubscribe: ({ extra, subscriptions }, id, { query, operationName, variables }) =>
        this.#admit(extra, Object.keys(subscriptions).length, id, { query, operationName, variables }),
      onNext: (_context, _id, _payload, { contextValue }, result) =>
        this.#formatted(result, contextValue as GatewayContext),
      onError: (_context, _id, _payload, errors) => errors.map((error) => options.told(error)),
    });
  }

  /** Serves a connection until it ends. */
  serve(connection: Connection): void {
    const closed = this.#server.opened(
      {
        protocol: connection.protocol,
        send: (message) => connection.send(message),
        close: (code = CloseCode.InternalServerError, reason = '') => connection.close({ code, reason }),
        onMessage: (take) =>
          connection.onMessage((message) => {
            take(message).catch((error: unknown) => {
              this.#options.log.error({ err: error }, 'a message over WebSocket failed');
              connection.close({ code: CloseCode.InternalServerError, reason: 'Internal server error' });
            });
          }),
      },
      connection,
    );
    void connection.ended.then(({ code, reason }) => closed(code, reason));
  }

  async #admit(
    connection: Connection,
    open: number,
    id: string,
    asked: {
      query: string;
      operationName?: string | null | undefined;
      variables?: Record<string, unknown> | null | undefined;
    },
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const { limits, rate } = connection;
    if (id.length > MAX_ID_LENGTH)
      return [refusal('BAD_USER_INPUT', `An id must have at most ${MAX_ID_LENGTH} characters.`)];
    if (open > limits.operations)
      return [
        refusal('TOO_MANY_OPERATIONS', `A socket may have ${limits.operations} operations under way; end some first.`),
      ];
    const waitMs = rate.take(Date.now());
    if (waitMs !== undefined || !(await this.#options.mayAsk(connection)))
      return [refusal('TOO_MANY_REQUESTS', `Too many operations; go on in ${Math.ceil((waitMs ?? 60_000) / 1000)} s.`)];
    try {
      return {
        schema: this.#options.schema,
        document: this.#options.documents.check(asked.query),
        operationName: asked.operationName,
        variableValues: asked.variables,
        contextValue: this.#options.context(),
      };
    } catch (error) {
      if (error instanceof AggregateError) return error.errors as GraphQLError[];
      if (error instanceof GraphQLError) return [error];
      throw error;
    }
  }

  #formatted({ errors, data, extensions }: Result, { certainty }: GatewayContext): FormattedExecutionResult {
    return {
      ...(errors === undefined ? {} : { errors: errors.map((error) => this.#options.told(error)) }),
      ...(data === undefined ? {} : { data }),
      extensions: { ...extensions, ao: certainty.told() },
    };
  }
}

/** As the library hands it over. */
interface Result {
  readonly errors?: readonly GraphQLError[] | undefined;
  readonly data?: Record<string, unknown> | null | undefined;
  readonly extensions?: Record<string, unknown> | undefined;
}

function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
