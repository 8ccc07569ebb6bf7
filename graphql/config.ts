/** Configuration of the gateway. */

import { z } from 'zod';
import {
  booleanText,
  httpUrls,
  kafkaConfig,
  listText,
  postgresConfig,
  processConfig,
  programConfig,
  wholeNumber,
} from '../runtime/config.ts';
import { trustedProxies } from './core/trusted-proxies.ts';

export const gatewayConfig = z.object({
  ...processConfig,
  ...kafkaConfig,
  ...postgresConfig,
  ...programConfig,
  ANCHOR_PROVIDER_URL: httpUrls
    .optional()
    .describe('JSON-RPC of the chain: whether a claim would be accepted now, and the health check; unset: not asked'),
  GATEWAY_HOST: z.string().default('127.0.0.1').describe('address to listen on; 0.0.0.0 for every interface'),
  GATEWAY_PORT: wholeNumber(0).default(3000).describe('port of GraphQL, subscriptions and REST; 0 picks a free one'),
  GATEWAY_TAKEOVER_PORT: wholeNumber(1)
    .optional()
    .describe('port of the legacy gateway, served too for as long as `ao cutover` gives it to this one; unset: never'),
  GATEWAY_CORS_ORIGINS: listText
    .default([])
    .describe('origins of browser apps that may call, comma separated; * for all'),
  GATEWAY_RATE_LIMIT_PER_MINUTE: wholeNumber(0)
    .default(0)
    .describe('requests and operations of sockets and streams a minute and client address; 0: no limit'),
  GATEWAY_TRUST_PROXY: trustedProxies
    .default(false)
    .describe(
      'whom X-Forwarded-For is believed: false, the number of proxies in front, or their addresses (CIDR too), comma separated',
    ),
  GATEWAY_CACHE_BYTES: wholeNumber(1)
    .default(64 * 1024 * 1024)
    .describe('memory for answers kept for the time when the database is down, bytes'),
  GATEWAY_INTROSPECTION: booleanText.default(true).describe('let clients read the schema'),
  GATEWAY_TRUSTED_DOCUMENTS: z
    .string()
    .optional()
    .describe('file of a manifest of persisted operations, which clients may name by their hash; unset: none'),
  GATEWAY_TRUSTED_ONLY: booleanText
    .default(false)
    .describe('answer the operations of the manifest only, on every transport'),
  GATEWAY_EXPLORER: booleanText
    .default(true)
    .describe('serve the explorer page at / and the GraphQL IDE at /graphiql, where they are built'),
  GATEWAY_QUERY_TIMEOUT_MS: wholeNumber(100)
    .default(5000)
    .describe('longest wait for the database; a connection that takes longer is dropped, ms'),
  GATEWAY_FEED_INTERVAL_MS: wholeNumber(10)
    .default(50)
    .describe('how often the database is asked for new items of subscriptions, ms'),
  GATEWAY_REQUEST_TIMEOUT_MS: wholeNumber(100)
    .default(15_000)
    .describe('longest time for a client to send a whole request, ms'),
  GATEWAY_SOCKETS_PER_ADDRESS: wholeNumber(1)
    .default(1000)
    .describe('most WebSockets and event streams of one client address'),
  GATEWAY_SUBSCRIPTIONS_PER_SOCKET: wholeNumber(1)
    .default(200)
    .describe('most subscriptions and queries under way on one WebSocket'),
  GATEWAY_OPERATIONS_PER_SOCKET: wholeNumber(1)
    .default(1200)
    .describe('most operations that one WebSocket, or a connection of event streams, may begin in a minute'),
  GATEWAY_WAITING_BYTES_PER_SOCKET: wholeNumber(1024)
    .default(4 * 1024 * 1024)
    .describe('bytes that may wait for a client that reads slowly; beyond it the socket is closed'),
});

export type GatewayConfig = z.output<typeof gatewayConfig>;
