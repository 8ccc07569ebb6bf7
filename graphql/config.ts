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

export const gatewayConfig = z.object({
  ...processConfig,
  ...kafkaConfig,
  ...postgresConfig,
  ...programConfig,
  ANCHOR_PROVIDER_URL: httpUrls.optional().describe('JSON-RPC of the chain, for the health check; unset: not checked'),
  GATEWAY_HOST: z.string().default('127.0.0.1').describe('address to listen on; 0.0.0.0 for every interface'),
  GATEWAY_PORT: wholeNumber(0).default(3000).describe('port of GraphQL, subscriptions and REST; 0 picks a free one'),
  GATEWAY_CORS_ORIGINS: listText
    .default([])
    .describe('origins of browser apps that may call, comma separated; * for all'),
  GATEWAY_RATE_LIMIT_PER_MINUTE: wholeNumber(0)
    .default(0)
    .describe('requests a minute and client address; 0: no limit'),
  GATEWAY_TRUST_PROXY: booleanText
    .default(false)
    .describe('take client addresses from X-Forwarded-For; only behind a proxy of yours'),
  GATEWAY_CACHE_ENTRIES: wholeNumber(1).default(10_000).describe('answers kept for the time when the database is down'),
  GATEWAY_INTROSPECTION: booleanText.default(true).describe('let clients read the schema'),
});

export type GatewayConfig = z.output<typeof gatewayConfig>;
