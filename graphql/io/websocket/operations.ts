/** GraphQL over WebSocket: the protocol is the library's, the limits are ours. */

import type { FastifyRequest } from 'fastify';
import type { ExecutionArgs, GraphQLError } from 'graphql';
import { CloseCode, makeServer, type Server } from 'graphql-ws';
import type { Logger } from '../../../runtime/logging.ts';
import { type Admission, type AskedOperation, refusal } from '../admission.ts';
import type { GatewayContext } from '../context.ts';
import type { Connection } from './connection.ts';

export interface OperationsOptions {
  readonly admission: Admission;
  /** Counts an operation against the limit of the client's address; false when that is used up. */
  mayAsk(request: FastifyRequest): Promise<boolean>;
  /** How long a client may take to begin the protocol, ms. */
  readonly initTimeoutMs: number;
  readonly log: Logger;
}

/** Of the ids that clients give their operations. */
const MAX_ID_LENGTH = 128;

export class Operations {
  readonly #options: OperationsOptions;
  readonly #server: Server<Connection>;

  constructor(options: OperationsOptions) {
    this.#options = options;
    const { admission } = options;
    this.#server = makeServer<Record<string, unknown> | undefined, Connection>({
      connectionInitWaitTimeout: options.initTimeoutMs,
      onSubscribe: ({ extra, subscriptions }, id, { query, operationName, variables, extensions }) =>
        this.#admit(extra, Object.keys(subscriptions).length, id, { query, operationName, variables, extensions }),
      onNext: (_context, _id, _payload, { contextValue }, result) =>
        admission.formatted(result, contextValue as GatewayContext),
      onError: (_context, _id, _payload, errors) => admission.told(errors),
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
    asked: AskedOperation,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const { limits, rate, request } = connection;
    if (id.length > MAX_ID_LENGTH)
      return [refusal('BAD_USER_INPUT', `An id must have at most ${MAX_ID_LENGTH} characters.`)];
    if (open > limits.operations)
      return [
        refusal('TOO_MANY_OPERATIONS', `A socket may have ${limits.operations} operations under way; end some first.`),
      ];
    return this.#options.admission.admit(rate, asked, () => this.#options.mayAsk(request));
  }
}
