/**
 * Asks for the newest root of a channel, then follows its roots through lost connections.
 * Usage: node follow-roots.ts GATEWAY_URL CHANNEL COUNT
 */

import { setTimeout as delay } from 'node:timers/promises';
import { type DocumentNode, print } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { getSdk, type Requester } from './operations.generated.ts';

const PAUSE_MS = 200;

const [gateway, channel, count] = process.argv.slice(2);
if (gateway === undefined || channel === undefined || count === undefined)
  throw new Error('usage: follow-roots.ts GATEWAY_URL CHANNEL COUNT');

/** Queries over HTTP. */
async function ask<Data, Variables>(document: DocumentNode, variables?: Variables): Promise<Data> {
  const response = await fetch(`${gateway}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const answer = (await response.json()) as { data?: Data; errors?: { message: string }[] };
  if (answer.errors !== undefined || answer.data === undefined)
    throw new Error(`the query failed: ${answer.errors?.[0]?.message ?? response.status}`);
  return answer.data;
}

/** Subscriptions over a WebSocket, which ends with the connection: whoever follows goes on after the cursor. */
async function* follow<Data, Variables>(document: DocumentNode, variables?: Variables): AsyncGenerator<Data> {
  const client = createClient({
    url: `${gateway?.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  try {
    const request = { query: print(document), variables: variables as Record<string, unknown> };
    for await (const answer of client.iterate<Data>(request)) {
      if (answer.data == null) throw new Error(`the subscription failed: ${answer.errors?.[0]?.message}`);
      yield answer.data;
    }
  } finally {
    await client.dispose();
  }
}

const requester: Requester = (document, variables) => {
  const [definition] = document.definitions;
  const isSubscription = definition?.kind === 'OperationDefinition' && definition.operation === 'subscription';
  return (isSubscription ? follow(document, variables) : ask(document, variables)) as never;
};
const sdk = getSdk(requester);

function say(kind: 'newest' | 'item', { epoch, root }: { epoch: string; root: string }): void {
  console.log(JSON.stringify({ [kind]: { epoch, root } }));
}

for (const { node } of (await sdk.NewestRoots({ channel, first: 1 })).roots.edges) say('newest', node);

// Everything behind the cursor comes, whatever happened to the connection meanwhile.
let cursor = 'beginning';
for (let left = Number(count); left > 0; ) {
  try {
    for await (const { rootFinalized } of sdk.FollowRoots({ channel, after: cursor })) {
      say('item', rootFinalized);
      cursor = rootFinalized.cursor ?? cursor;
      left -= 1;
      if (left === 0) break;
    }
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : `the connection ended (${(failure as CloseEvent).code})`;
    console.error(`again after ${cursor} because ${why}`);
    await delay(PAUSE_MS);
  }
}
