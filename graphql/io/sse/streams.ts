/** GraphQL over Server-Sent Events, one connection an operation: the protocol is the library's, the limits are ours. */

import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHandler, type Handler, type RequestParams } from 'graphql-sse';
import type { Logger } from '../../../runtime/logging.ts';
import { INTERNAL_ERROR } from '../../core/close-codes.ts';
import { RateWindow } from '../../core/rate-window.ts';
import type { Admission, AskedOperation, OperationResult } from '../admission.ts';
import type { GatewayContext } from '../context.ts';
import type { Sockets } from '../websocket/sockets.ts';
import { EventStream } from './event-stream.ts';

export interface StreamsOptions {
  readonly admission: Admission;
  /** Streams count as sockets do. */
  readonly sockets: Sockets;
  /** Whether the client's address may have one more; answers it otherwise. */
  mayOpen(request: FastifyRequest, reply: FastifyReply): Promise<boolean>;
  readonly operationsPerMinute: number;
  readonly waitingBytes: number;
  readonly log: Logger;
}

/** The item under way: the next one is not asked for until the client has taken it. */
interface Delivery {
  isUnderWay: boolean;
  /** With which the subscription goes on after the item. */
  cursor: string | undefined;
  taken: PromiseWithResolvers<void>;
  isOver: boolean;
}

/** What the library wants of a context. */
type Context = Record<PropertyKey, unknown> | undefined;

/** A stream is a request of its own. */
const isCounted = (): Promise<boolean> => Promise.resolve(true);

const ACCEPT = 'text/event-stream';

export class Streams {
  readonly #options: StreamsOptions;
  readonly #handler: Handler<FastifyRequest, Delivery>;
  /** Of each TCP connection: its next stream begins where the one before left off. */
  readonly #rates = new WeakMap<Socket, RateWindow>();

  constructor(options: StreamsOptions) {
    this.#options = options;
    const { admission } = options;
    this.#handler = createHandler<FastifyRequest, Delivery, Context>({
      // No streams that several requests share.
      authenticate: () => null,
      // Admission has validated.
      validate: () => [],
      onSubscribe: async ({ raw }, params) => {
        const admitted = await admission.admit(this.#rateOf(raw), operationOf(raw, params), isCounted);
        if ('schema' in admitted) return { ...admitted, contextValue: { ...admitted.contextValue } };
        return { data: null, errors: admitted };
      },
      onNext: async (context, { context: delivery }, result) => {
        while (delivery.isUnderWay && !delivery.isOver) await delivery.taken.promise;
        delivery.isUnderWay = true;
        delivery.cursor = cursorOf(result as OperationResult);
        return admission.formatted(result as OperationResult, context as GatewayContext | undefined) as never;
      },
    });
  }

  /** Serves a request until its stream ends. */
  async serve(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { sockets, mayOpen, waitingBytes, log } = this.#options;
    const delivery: Delivery = { isUnderWay: false, cursor: undefined, taken: Promise.withResolvers(), isOver: false };
    const [body, { status, headers }] = await this.#handler({
      method: request.method,
      headers: { get: (name) => (name === 'accept' ? ACCEPT : headerOf(request, name)) },
      ...withText(request),
      raw: request,
      context: delivery,
    });
    if (body === null || typeof body === 'string') {
      for (const [name, value] of Object.entries(headers ?? {}))
        if (value !== undefined) void reply.header(name, value);
      return reply.code(status).send(body ?? '');
    }
    if (!(await mayOpen(request, reply))) {
      await body.return(undefined);
      return;
    }
    reply.hijack();
    reply.raw.writeHead(status, { ...reply.getHeaders(), ...headers, 'x-accel-buffering': 'no' } as Record<
      string,
      string
    >);
    const stream = new EventStream(reply.raw, { waitingBytes });
    void stream.ended.then(() => {
      delivery.isOver = true;
      delivery.taken.resolve();
      return body.return(undefined);
    });
    sockets.add(stream, request.ip);
    try {
      for await (const message of body) {
        const { cursor } = delivery;
        const isItem = message.startsWith('event: next');
        await stream.send(isItem && cursor !== undefined ? `id: ${cursor}\n${message}` : message);
        if (!isItem) continue;
        delivery.isUnderWay = false;
        delivery.taken.resolve();
        delivery.taken = Promise.withResolvers();
      }
      stream.complete();
    } catch (error) {
      log.error({ err: error }, 'a stream of events failed');
      stream.close(INTERNAL_ERROR);
    }
  }

  #rateOf({ raw }: FastifyRequest): RateWindow {
    const known = this.#rates.get(raw.socket);
    if (known !== undefined) return known;
    const rate = new RateWindow(this.#options.operationsPerMinute);
    this.#rates.set(raw.socket, rate);
    return rate;
  }
}

function headerOf({ headers }: FastifyRequest, name: string): string | null {
  const value = headers[name];
  return Array.isArray(value) ? value.join() : (value ?? null);
}

function operationOf(request: FastifyRequest, params: RequestParams): AskedOperation {
  const { query, operationName, variables, extensions } = params;
  return { query, operationName, variables, extensions, lastEventId: headerOf(request, 'last-event-id') };
}

/** The library asks for a text, also where a document is named by its hash only. */
function withText(request: FastifyRequest): { url: string; body: Record<string, unknown> | null } {
  const { url } = request;
  const body = (request.body ?? null) as Record<string, unknown> | null;
  const isGet = request.method === 'GET' && /[?&]extensions=/.test(url) && !/[?&]query=/.test(url);
  const isPost = body !== null && body['extensions'] != null && body['query'] == null;
  return { url: isGet ? `${url}&query=` : url, body: isPost ? { ...body, query: '' } : body };
}

function cursorOf({ data }: OperationResult): string | undefined {
  const [item] = Object.values(data ?? {}) as ({ readonly cursor?: unknown } | null)[];
  const cursor = item?.cursor;
  return typeof cursor === 'string' ? cursor : undefined;
}
