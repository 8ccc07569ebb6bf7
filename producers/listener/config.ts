/** Configuration of the listener. */

import { z } from 'zod';
import {
  chainSocketConfig,
  httpUrls,
  kafkaConfig,
  processConfig,
  programConfig,
  wholeNumber,
} from '../../runtime/config.ts';

/** Reading the chain: the listener and `ao backfill`. */
export const chainConfig = {
  ANCHOR_PROVIDER_URL: httpUrls
    .default(['http://127.0.0.1:8899'])
    .describe('RPC http(s) URLs, comma separated; the healthiest is asked first'),
  RPC_TIMEOUT_MS: wholeNumber(1).default(10_000).describe('longest wait for one RPC answer, ms'),
  RPC_CONCURRENCY: wholeNumber(1)
    .default(16)
    .describe('RPC requests for transactions or blocks under way at once; one asks for up to 32 transactions'),
  LISTENER_ID: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,100}$/, 'must be letters, digits, dots, underscores, hyphens')
    .default('listener-1')
    .describe('name of this listener in records, cursor and transactional id; unique among those that run at once'),
  RECONCILE_OVERLAP_SLOTS: wholeNumber(1)
    .default(128)
    .describe(
      'slots below the cursor that each walk looks at again; 128: about 51 s at slots of 400 ms, 26 s at 200 ms',
    ),
};

export const listenerConfig = z.object({
  ...processConfig,
  ...kafkaConfig,
  AO_PROGRAM_ID: programConfig.AO_PROGRAM_ID,
  ...chainConfig,
  ...chainSocketConfig,
  START_SLOT: z
    .string()
    .regex(/^(genesis|now|\d{1,15})$/, 'must be genesis, now, or a slot number')
    .default('genesis')
    .describe('where to start without a cursor: genesis (all history that the RPC server has), now, or a slot number'),
  RECONCILE_INTERVAL_MS: wholeNumber(1).default(2000).describe('pause between two walks of the reconciling path, ms'),
  SUBSCRIPTION_STALL_MS: wholeNumber(1)
    .default(30_000)
    .describe('silence after which the WebSocket is connected again, ms'),
  LIVE_QUEUE_LIMIT: wholeNumber(1)
    .default(1000)
    .describe('most transactions under way on the live path; the rest is left to the reconciling path'),
  FAILED_TRANSACTIONS: z
    .enum(['write', 'skip'])
    .default('skip')
    .describe('skip: failed transactions are only counted, by the watermarks; write: they are fetched and written too'),
  COMPARE_SHARE_PERCENT: wholeNumber(0)
    .default(1)
    .describe('share of the live transactions that is fetched again at finalized and compared, percent'),
  NDJSON_LOG_DIR: z.string().optional().describe('folder of the NDJSON event log; unset: no log'),
  NDJSON_LOG_TOTAL_MB: wholeNumber(1).default(450).describe('most megabytes of all NDJSON files together'),
  NDJSON_LOG_FORMAT: z
    .enum(['event', 'legacy'])
    .default('event')
    .describe('event: the whole record; legacy: {ts, signature, slot, name, data}'),
});

export type ListenerConfig = z.output<typeof listenerConfig>;
