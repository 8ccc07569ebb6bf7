import { type Client, createClient } from 'graphql-ws';
import { AttentionOracleError } from '../index.ts';
import { getSdk, type Sdk } from './operations.generated.ts';

/** How to reach a gateway. */
export interface GatewayClientOptions {
  /** GraphQL endpoint, such as `https://gateway.example/graphql`. */
  url: string;
  /** WebSocket endpoint; default: `url` with ws instead of http. */
  webSocketUrl?: string;
  /** Headers of every query. */
  headers?: Readonly<Record<string, string>>;
  /** Default: the global one. */
  fetch?: typeof fetch;
  /** WebSocket implementation; default: the global one (browsers, Node 22 and newer). On Node 20 give that of the package `ws`. */
  webSocket?: unknown;
  /** How long a query may take, ms. Default 30,000. */
  timeoutMs?: number;
  /** Told when a lost connection is back: what happened meanwhile can be queried now. */
  onReconnect?: () => void;
  /** Told of items of subscriptions that carry errors; the subscription goes on, and gives what data such an item has. */
  onItemError?: (error: AttentionOracleError) => void;
}

/** Queries return promises, subscriptions async iterables. `close` ends all subscriptions. */
export type GatewayClient = Sdk & { close(): Promise<void> };

interface Answer {
  data?: unknown;
  errors?: readonly { message: string; extensions?: { code?: string } }[];
}

/**
 * A client of the gateway. Queries throw AttentionOracleError GATEWAY_UNREACHABLE, GATEWAY_REFUSED (the gateway's own error, its
 * code in `context.code`). A subscription that loses its connection, or that a gateway ends because it stops, subscribes again, with
 * growing pauses, until it is left or the client is closed. @throws AttentionOracleError WEBSOCKET_MISSING at the first subscription.
 */
export function createGatewayClient(options: GatewayClientOptions): GatewayClient {
  let socket: Client | undefined;
  let closed = false;
  const subscriptions = (): Client => (socket ??= connect(options));
  const requester = <R, V>(document: string, variables?: V): Promise<R> | AsyncIterable<R> =>
    document.trimStart().startsWith('subscription')
      ? iterate<R>(subscriptions(), options, () => closed, { document, variables })
      : (ask(options, document, variables) as Promise<R>);
  const close = async (): Promise<void> => {
    closed = true;
    await socket?.dispose();
  };
  return { ...getSdk(requester), close };
}

function connect({ url, webSocketUrl, webSocket, onReconnect }: GatewayClientOptions): Client {
  if (webSocket === undefined && typeof globalThis.WebSocket === 'undefined') {
    throw new AttentionOracleError(
      'WEBSOCKET_MISSING',
      'this runtime has no WebSocket of its own (Node 20 has none): install `ws` and give its WebSocket as the option `webSocket`',
    );
  }
  let connected = 0;
  return createClient({
    url: webSocketUrl ?? url.replace(/^http/, 'ws'),
    retryAttempts: Number.POSITIVE_INFINITY,
    // Anything but a refusal of the gateway is a lost connection.
    shouldRetry: () => true,
    retryWait: (retries) =>
      new Promise((resolve) => setTimeout(resolve, Math.min(10_000, 100 * 2 ** retries) * (0.5 + Math.random() / 2))),
    on: {
      connected: () => {
        connected += 1;
        if (connected > 1) onReconnect?.();
      },
    },
    ...(webSocket === undefined ? {} : { webSocketImpl: webSocket }),
  });
}

/** A gateway that stops completes its subscriptions: to the reader that is no end. */
async function* iterate<R>(
  client: Client,
  { onItemError, onReconnect }: GatewayClientOptions,
  isClosed: () => boolean,
  { document, variables }: { document: string; variables: unknown },
): AsyncGenerator<R> {
  const given = variables === undefined ? {} : { variables: exact(variables) as Record<string, unknown> };
  for (let endings = 0; !isClosed(); endings += 1) {
    if (endings > 0) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(10_000, 100 * 2 ** Math.min(endings, 10))));
      if (isClosed()) return;
      onReconnect?.();
    }
    for await (const { data, errors } of client.iterate<R>({ query: document, ...given })) {
      endings = 0;
      if (errors !== undefined) onItemError?.(refused(errors));
      if (data !== undefined && data !== null) yield data;
    }
  }
}

async function ask(options: GatewayClientOptions, query: string, variables: unknown): Promise<unknown> {
  const send = options.fetch ?? fetch;
  let answer: Answer;
  try {
    const response = await send(options.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...options.headers },
      body: JSON.stringify({ query, variables: exact(variables) }),
      signal: AbortSignal.timeout(options.timeoutMs ?? 30_000),
    });
    answer = (await response.json()) as Answer;
  } catch (cause) {
    throw new AttentionOracleError(
      'GATEWAY_UNREACHABLE',
      'the gateway does not answer; check its address and try again',
      { url: options.url },
      { cause },
    );
  }
  if (answer.errors !== undefined) throw refused(answer.errors);
  return answer.data;
}

function refused(errors: NonNullable<Answer['errors']>): AttentionOracleError {
  const [first] = errors;
  return new AttentionOracleError('GATEWAY_REFUSED', first?.message ?? 'the gateway refused the request', {
    code: first?.extensions?.code ?? 'UNKNOWN',
  });
}

/** bigint becomes decimal text, which the gateway's U64 takes; JSON has no exact form for it. */
function exact(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, exact(item)]));
}
