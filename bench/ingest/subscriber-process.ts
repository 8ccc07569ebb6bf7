/** A client of the gateway that is told of the same transactions by the chain itself: how much later does it hear of them? */

import { setTimeout as delay } from 'node:timers/promises';
import { PROGRAM_ID } from '@attention-oracle/sdk';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { answerParent } from '../measure/child-process.ts';

const WAIT_MS = 30_000;
const LOOK_MS = 20;

/** By signature, when the chain's notification came, and when the gateway's item did, ms. */
const notified = new Map<string, number>();
const told = new Map<string, number>();

answerParent({
  /** Resolves when both subscriptions stand. */
  start: async ({ wsUrl, commitment, gateway }: { wsUrl: string; commitment: string; gateway: string }) => {
    const chain = new WebSocket(wsUrl);
    const subscribed = Promise.withResolvers<void>();
    chain.on('error', subscribed.reject);
    chain.on('open', () => {
      const params = [{ mentions: [PROGRAM_ID] }, { commitment }];
      chain.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'logsSubscribe', params }));
    });
    chain.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { id?: number; params?: { result: LogsResult } };
      if (message.id === 1) subscribed.resolve();
      const signature = message.params?.result.value.signature;
      if (signature !== undefined && !notified.has(signature)) notified.set(signature, performance.now());
    });
    await subscribed.promise;
    const connected = Promise.withResolvers<void>();
    const client = createClient({
      url: `${gateway.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      lazy: false,
      onNonLazyError: connected.reject,
      on: { connected: () => connected.resolve() },
    });
    await connected.promise;
    client.subscribe<{ claimIngested: { eventId: string } }>(
      { query: 'subscription { claimIngested { eventId } }' },
      {
        next: ({ data }) => {
          const signature = data?.claimIngested.eventId.split('/')[0] ?? '';
          if (!told.has(signature)) told.set(signature, performance.now());
        },
        error: (error) => console.error('the subscription ended', error),
        complete: () => undefined,
      },
    );
  },
  /** Waits until the gateway has told of so many. @returns how much later than the chain, ms, of those that the chain told of meanwhile. */
  measured: async (count: number) => {
    const deadlineMs = Date.now() + WAIT_MS;
    while (told.size < count) {
      if (Date.now() > deadlineMs) throw new Error(`waited ${WAIT_MS} ms in vain; the gateway told of ${told.size}`);
      await delay(LOOK_MS);
    }
    return [...told].flatMap(([signature, atMs]) => {
      const noticedMs = notified.get(signature);
      return noticedMs === undefined ? [] : [atMs - noticedMs];
    });
  },
});

interface LogsResult {
  readonly value: { readonly signature: string };
}
