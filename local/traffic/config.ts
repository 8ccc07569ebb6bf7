/** Configuration of the traffic. */

import { z } from 'zod';
import {
  base58Address,
  epochBases,
  httpUrl,
  httpUrls,
  listText,
  processConfig,
  programConfig,
  wholeNumber,
  wsUrl,
} from '../../runtime/config.ts';

export const trafficConfig = z.object({
  ...processConfig,
  ...programConfig,
  ANCHOR_PROVIDER_URL: httpUrls.describe('JSON-RPC of the chain'),
  ANCHOR_WS_URL: wsUrl.optional().describe('WebSocket of the chain'),
  MINT_PUBKEY: base58Address.describe('mint of the protocol'),
  EPOCH_BASE: epochBases
    .transform(({ base }) => base)
    .default(0n)
    .describe('epochs from here on are those of our roots; the first allocation takes the one below'),
  GATEWAY_URL: httpUrl.describe('gateway that hands out proofs'),
  TRAFFIC_ADMIN_KEYPAIR: z
    .string()
    .describe(
      "keypair file of the protocol's admin or publisher, that nobody else may read: publishes the first allocation, gives the fans SOL where the chain has no faucet",
    ),
  TRAFFIC_CHANNELS: listText
    .default(['kaicenat', 'marlon', 'lacy', 'youtube_lofi'])
    .describe('channels, comma separated'),
  TRAFFIC_FANS: wholeNumber(1)
    .pipe(z.number().max(1024, 'a ring slot marks 1,024 claims'))
    .default(12)
    .describe('fans of each channel'),
  TRAFFIC_VISITOR_KEYPAIR: z
    .string()
    .optional()
    .describe(
      'keypair file of a visitor, who is a fan of the channel visitors: there the fans claim what was allocated, and nobody but the visitor claims from our roots',
    ),
  TRAFFIC_ALLOCATIONS: z
    .enum(['first', 'all'])
    .default('first')
    .describe(
      'first: one small allocation, after which the fans claim from our settled roots; all: every epoch of the ring below EPOCH_BASE, for a platform that settles nothing',
    ),
  TRAFFIC_SEED: z.string().default('attention').describe('seed of the fans and of what they do'),
  TRAFFIC_CLAIM_INTERVAL_MS: wholeNumber(1).default(150).describe('pause between two claims, ms'),
});

export type TrafficConfig = z.output<typeof trafficConfig>;
