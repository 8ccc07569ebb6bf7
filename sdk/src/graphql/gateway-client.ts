import { type Client, createClient } from 'graphql-ws';
import { AttentionOracleError } from '../index.ts';
import { type AnswerErrors, exact, refused } from './gateway-answer.ts';
import { loadWebSocket } from './load-web-socket.ts';
import { CursorsDocument, type CursorsQuery, getSdk, type Sdk } from './operations.generated.ts';
import { resumingSubscription, type SubscriptionHost } from './resuming-subscription.ts';

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
  /** WebSocket implementation; default: the global one (browsers, Node 22 and newer), else that of the package `ws` where it is installed. */
  webSocket?: unknown;
  /** How long a query may take, ms. Default 30,000. */
  timeoutMs?: number;
  /** Told when a subscription begins again after a lost connection. It goes on after the last item: nothing is to be made up for. */
  onReconnect?: () => void;
  /** Told of items of subscriptions that carry errors; the subscription goes on, and gives what data such an item has. */
  onItemError?: (error: AttentionOracleError) => void;
}

/** Queries return promises, subscriptions async iterables. `close` ends all subscriptions. */
export type GatewayClient = Sdk & { close(): Promise<void> };

interface Answer {
  data?: unknown;
  errors?: AnswerErrors;
}

/**
 * A client of the gateway. Queries throw AttentionOracleError GATEWAY_UNREACHABLE, GATEWAY_REFUSED (the gateway's own error, its
 * code in `context.code`). A subscription that loses its connection, or that a gateway ends because it stops, subscribes again after the
 * last item's cursor, with growing pauses, until it is left or the client is closed: nothing is missed, nothing comes twice.
 * @throws AttentionOracleError WEBSOCKET_MISSING at the first subscription.
 */
export function createGatewayClient(options: GatewayClientOptions): GatewayClient {
  let socket: Promise<Client> | undefined;
  let closed = false;
  const host: SubscriptionHost = {
    connect: () => (socket ??= connect(options)),
    cursorNow: async (field) => {
      const { cursors } = (await ask(options, CursorsDocument, {})) as CursorsQuery;
      return cursors[field as keyof typeof cursors];
    },
    isClosed: () => closed,
    onResubscribe: () => options.onReconnect?.(),
    onItemError: (error) => options.onItemError?.(error),
  };
  const requester = <R, V>(document: string, variables?: V): Promise<R> | AsyncIterable<R> =>
    document.trimStart().startsWith('subscription')
      ? resumingSubscription<R>(host, document, variables)
      : (ask(options, document, variables) as Promise<R>);
  const close = async (): Promise<void> => {
    closed = true;
    await (await socket?.catch(() => undefined))?.dispose();
  };
  return { ...getSdk(requester), close };
}

async function connect({ url, webSocketUrl, webSocket, onReconnect }: GatewayClientOptions): Promise<Client> {
  const webSocketImpl = webSocket ?? (await loadWebSocket());
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
    webSocketImpl,
  });
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
