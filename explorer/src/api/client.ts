/** The gateway that served this page: queries by urql, subscriptions by graphql-ws. */

import { createClient } from 'graphql-ws';
import { Client, type CombinedError, cacheExchange, fetchExchange, stringifyDocument } from 'urql';
import type { Ending, Source } from './follow.ts';

export const gateway = new Client({
  url: '/graphql',
  exchanges: [cacheExchange, fetchExchange],
  // A plain GET of a page could come from any other page too; the gateway wants it marked, so it is not used.
  preferGetMethod: false,
});

const socketUrl = new URL('/graphql', window.location.href);
socketUrl.protocol = socketUrl.protocol.replace('http', 'ws');

/** Nobody else tries again: who follows a subscription goes on after its cursor. */
const sockets = createClient({ url: socketUrl.href, retryAttempts: 0, keepAlive: 12_000, lazyCloseTimeout: 1000 });
let isConnected = false;
sockets.on('connected', () => {
  isConnected = true;
});
sockets.on('closed', () => {
  isConnected = false;
});

interface Told {
  readonly message: string;
  readonly extensions?: { readonly code?: unknown };
}

/** Asking the same again cannot help. */
const FINAL_CODES: ReadonlySet<unknown> = new Set([
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'DOCUMENT_TOO_LARGE',
]);

function endingOf(error: unknown): Ending {
  if (Array.isArray(error)) {
    const [first] = error as Told[];
    return {
      why: first?.message ?? 'The gateway gave no reason.',
      canResume: !FINAL_CODES.has(first?.extensions?.code),
    };
  }
  if (error instanceof CloseEvent && error.reason !== '')
    return { why: `The gateway closed the connection: ${error.reason}.`, canResume: true };
  return { why: 'The connection to the gateway is lost.', canResume: true };
}

type Document = Parameters<typeof stringifyDocument>[0];

/** A subscription of the gateway by the cursor of each item. @param itemOf The item in an answer. */
export function subscription<Data, Item extends { readonly cursor?: string | null }>(
  document: Document,
  itemOf: (data: Data) => Item,
  cursorNow: () => Promise<string>,
): Source<Item> {
  const query = stringifyDocument(document);
  return {
    cursorNow,
    subscribe(after, sink) {
      const off = sockets.on('connected', () => sink.opened());
      if (isConnected) sink.opened();
      const over = (ending: Ending): void => {
        off();
        sink.ended(ending);
      };
      const leave = sockets.subscribe<Data>(
        { query, variables: { after } },
        {
          next({ data, errors }) {
            if (data == null || errors !== undefined) {
              over(endingOf(errors ?? []));
              leave();
              return;
            }
            const item = itemOf(data);
            if (typeof item.cursor === 'string') sink.item(item, item.cursor);
          },
          error: (error) => over(endingOf(error)),
          complete: () => over({ why: 'The gateway ended the subscription.', canResume: true }),
        },
      );
      return () => {
        off();
        leave();
      };
    },
  };
}

/** Why a query has no answer, as a sentence. */
export function reasonOf(error: CombinedError): string {
  const [told] = error.graphQLErrors;
  if (told !== undefined) return told.message;
  const response = error.response as Response | undefined;
  if (response?.status === 429) return 'The gateway asks for fewer requests; go on in a minute.';
  return 'The gateway does not answer.';
}

/** How sure an answer is, as the gateway tells in `extensions.ao`. */
export interface Certainty {
  readonly stale: boolean;
  readonly staleForMs: number;
}

/** Undefined where the answer does not tell. */
export function certaintyOf(extensions: Readonly<Record<string, unknown>> | undefined): Certainty | undefined {
  const told = extensions?.['ao'] as Partial<Certainty> | undefined;
  return typeof told?.stale === 'boolean' && typeof told.staleForMs === 'number'
    ? { stale: told.stale, staleForMs: told.staleForMs }
    : undefined;
}
