/** Subscriptions over graphql-ws. */

import type { WebsocketHandler } from '@fastify/websocket';
import { type GraphQLSchema, specifiedRules, validate } from 'graphql';
import { makeHandler } from 'graphql-ws/use/@fastify/websocket';
import { protection } from './apollo.ts';
import type { GatewayContext } from './context.ts';

/** The handler of a WebSocket route. The limits on documents hold here too: the HTTP server's do not reach this transport. */
export function subscriptionHandler(schema: GraphQLSchema, context: () => GatewayContext): WebsocketHandler {
  const rules = [...specifiedRules, ...protection()];
  return makeHandler({
    schema,
    context,
    validate: (given, document) => validate(given, document, rules),
    connectionInitWaitTimeout: 10_000,
  });
}
