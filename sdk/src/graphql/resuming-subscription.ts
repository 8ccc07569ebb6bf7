import type { Client } from 'graphql-ws';
import { AttentionOracleError } from '../index.ts';
import { type AnswerErrors, exact, refused } from './gateway-answer.ts';

/** What a subscription needs from its client. */
export interface SubscriptionHost {
  /** The connection; opened at first use. */
  connect(): Promise<Client>;
  /** The cursor at which a subscription stands now, by the name of its field. */
  cursorNow(field: string): Promise<string>;
  isClosed(): boolean;
  onResubscribe(): void;
  onItemError(error: AttentionOracleError): void;
}

interface Item {
  readonly data?: Readonly<Record<string, { readonly cursor?: string | null } | null>> | null;
  readonly errors?: AnswerErrors;
}

/** How a subscription ended: with `failed` it cannot go on. */
interface Ending {
  readonly failed?: Error;
}

const LONGEST_PAUSE_MS = 10_000;

/**
 * The items of a subscription, through lost connections, restarts and other instances of the gateway: each new subscription begins
 * after the cursor of the last item, and the first one at the place where the gateway stood when it was asked for.
 * @throws AttentionOracleError GATEWAY_REFUSED where the gateway refuses the subscription itself.
 */
export async function* resumingSubscription<R>(
  host: SubscriptionHost,
  document: string,
  given: unknown,
): AsyncGenerator<R> {
  const variables = { ...(exact(given ?? {}) as Record<string, unknown>) };
  for (let endings = 0; !host.isClosed(); endings += 1) {
    if (endings > 0) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs(endings)));
      if (host.isClosed()) return;
    }
    if (variables['after'] === undefined || variables['after'] === null) {
      try {
        variables['after'] = await host.cursorNow(fieldOf(document));
      } catch (error) {
        if (!(error instanceof AttentionOracleError && error.code === 'GATEWAY_UNREACHABLE')) throw error;
        continue;
      }
    }
    if (endings > 0) host.onResubscribe();
    for await (const { data, errors } of items(await host.connect(), document, variables)) {
      endings = 0;
      if (errors !== undefined) host.onItemError(refused(errors));
      if (data !== undefined && data !== null) yield data as R;
    }
  }
}

/**
 * The items of one subscription, until it ends. The cursor moves when an item comes in, not when the reader takes it: graphql-ws sends the
 * same variables again after a lost connection, and items that wait for the reader are not to come twice.
 */
async function* items(client: Client, query: string, variables: Record<string, unknown>): AsyncGenerator<Item> {
  const waiting: Item[] = [];
  let ending: Ending | undefined;
  let wake: () => void = () => undefined;
  const leave = client.subscribe<NonNullable<Item['data']>>(
    { query, variables },
    {
      next(item) {
        const received = item as Item;
        const cursor = Object.values(received.data ?? {})[0]?.cursor;
        if (typeof cursor === 'string') variables['after'] = cursor;
        waiting.push(received);
        wake();
      },
      error(failed) {
        ending = canResume(failed) ? {} : { failed: errorOf(failed) };
        wake();
      },
      complete() {
        ending ??= {};
        wake();
      },
    },
  );
  try {
    for (;;) {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) yield item;
      if (ending?.failed !== undefined) throw ending.failed;
      if (ending !== undefined) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    leave();
  }
}

/** The gateway could not go on by itself and asks for a new subscription after the last cursor. */
function canResume(failed: unknown): boolean {
  return isErrors(failed) && failed[0]?.extensions?.code === 'RESUME_FROM_CURSOR';
}

function errorOf(failed: unknown): Error {
  if (isErrors(failed)) return refused(failed);
  return failed instanceof Error
    ? failed
    : new AttentionOracleError(
        'GATEWAY_UNREACHABLE',
        'the subscription ended; check the gateway and its address',
        {},
        { cause: failed },
      );
}

function isErrors(failed: unknown): failed is AnswerErrors {
  return Array.isArray(failed);
}

/** Operations are named for the one field they ask for. */
function fieldOf(document: string): string {
  return /subscription\s+(\w+)/.exec(document)?.[1] ?? '';
}

function pauseMs(endings: number): number {
  return Math.min(LONGEST_PAUSE_MS, 100 * 2 ** Math.min(endings, 10));
}
