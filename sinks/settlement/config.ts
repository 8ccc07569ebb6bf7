/** Variables of the settlement worker. */

import { hostname } from 'node:os';
import { normalizeChannel } from '@attention-oracle/sdk';
import { z } from 'zod';
import {
  base58Address,
  booleanText,
  chainSocketConfig,
  epochConfig,
  httpUrl,
  httpUrls,
  kafkaConfig,
  listText,
  postgresConfig,
  processConfig,
  programConfig,
  u64Text,
  wholeNumber,
} from '../../runtime/config.ts';
import { looksLikeKey } from './core/key-exposure.ts';

const giveUp = listText.pipe(
  z.array(z.string().regex(/^.+:\d{1,20}$/, 'must be channel:epoch, or *:epoch for every channel')),
);

const countRange = z
  .string()
  .regex(/^\d+(\.\d+)?:\d+(\.\d+)?$/, 'must be least:most, like 0.3:5')
  .transform((text) => {
    const [least = 0, most = 0] = text.split(':').map(Number);
    return { least, most };
  })
  .refine(({ least, most }) => least <= most, 'the least comes before the most');

const channelNames = listText.transform((names) => names.map((name) => normalizeChannel(name)));

export const settlementConfig = z.object({
  ...processConfig,
  ...kafkaConfig,
  ...programConfig,
  MINT_PUBKEY: base58Address.describe('the mint whose roots are published; settlement insists on it'),
  ANCHOR_PROVIDER_URL: httpUrls
    .default(['http://127.0.0.1:8899'])
    .describe('JSON-RPC of the chain, http URLs, comma separated; the next one is asked when one fails'),
  ...chainSocketConfig,
  SETTLEMENT_SENDER_URLS: listText
    .pipe(z.array(httpUrl))
    .default([])
    .describe(
      'senders that are given every transaction beside ANCHOR_PROVIDER_URL and never asked anything, comma separated: the sendTransaction URL of a block engine, like https://mainnet.block-engine.jito.wtf/api/v1/transactions',
    ),
  RPC_TIMEOUT_MS: wholeNumber(1).default(10_000).describe('longest wait for an answer of the chain, ms'),
  EPOCH_BASE: epochConfig.EPOCH_BASE,
  AUTO_PUBLISH: booleanText
    .default(false)
    .describe('true sends transactions; false writes once per root what would be sent and holds it'),
  SETTLEMENT_KEYPAIR: z
    .string()
    .refine((setting) => !looksLikeKey(setting), 'must be the path of a keypair file; a key was given, not shown here')
    .optional()
    .describe(
      'Solana CLI keypair file of the admin or publisher, that nobody else may read; needed when AUTO_PUBLISH=true',
    ),
  SETTLEMENT_SIGNER_URL: httpUrl
    .optional()
    .describe(
      'a remote signer in place of SETTLEMENT_KEYPAIR: transit engine of Vault or OpenBao, like https://vault:8200/v1/transit',
    ),
  SETTLEMENT_SIGNER_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_.-]+$/, 'must be the name of a key')
    .optional()
    .describe('name of the Ed25519 key there'),
  SETTLEMENT_SIGNER_TOKEN_FILE: z
    .string()
    .optional()
    .describe("file with the signer's token, read before each request, so that it may be renewed"),
  SETTLEMENT_WORKER_ID: z
    .string()
    .optional()
    .describe('id of this worker in ao.settlements.v1; default: host name and process id'),
  SETTLEMENT_MAX_ROOTS_PER_TX: wholeNumber(1)
    .default(60)
    .describe(
      'most roots in one transaction; its size, instructions and compute units bound it too, mostly below that',
    ),
  SETTLEMENT_TRANSACTION_VERSION: z
    .enum(['auto', 'legacy'])
    .default('auto')
    .describe('auto: version 1 where the cluster takes it, which carries several times more roots; legacy: never'),
  SETTLEMENT_LINGER_MS: wholeNumber(0)
    .default(250)
    .describe(
      'longest that a new root waits for others to share its transaction, ms; a slot of the cluster where that is shorter',
    ),
  SETTLEMENT_POLL_MS: wholeNumber(10)
    .default(1000)
    .describe('longest pause between looks at transactions under way, ms; young ones are looked at sooner'),
  SETTLEMENT_REBROADCAST_MS: wholeNumber(10)
    .default(2000)
    .describe('pause between sends of the same signed bytes until they are confirmed or expired, ms'),
  HOLD_RETRY_MS: wholeNumber(10)
    .default(60_000)
    .describe('pause before a held root (paused, unauthorised, out of funds) is looked at again, ms'),
  SETTLEMENT_MAX_FAILURES: wholeNumber(1)
    .default(5)
    .describe('transactions of one root that may fail on chain, each paid for, before the root is held'),
  SETTLEMENT_MAX_LOST_LAMPORTS: wholeNumber(0)
    .default(500_000)
    .describe('fees that the failed transactions of one root may cost before the root is held, lamports'),
  SETTLEMENT_QUEUE_ROOTS: wholeNumber(1)
    .default(100_000)
    .describe('most unfinished roots kept of one partition, give or take a batch; then the partition is paused'),
  SETTLEMENT_FOLLOWS_CUTOVER: booleanText
    .default(false)
    .describe(
      'true: nothing is sent while `ao cutover` says that the legacy system publishes, or cannot be asked; needs SETTLEMENT_DATABASE_URL',
    ),
  SETTLEMENT_APPROVALS: z
    .enum(['off', 'required'])
    .default('off')
    .describe('required: a root is published once people have approved it (`ao settle approve`)'),
  SETTLEMENT_PERSONS: wholeNumber(1)
    .default(1)
    .describe('people who must agree before an approval, a release or a give-up counts; 2: the two-person rule'),
  SETTLEMENT_CHANNELS: channelNames
    .default([])
    .describe('only these channels are published, comma separated; none named: every channel'),
  SETTLEMENT_CHANNELS_DENIED: channelNames.default([]).describe('channels whose roots are held, comma separated'),
  SETTLEMENT_MIN_CLAIMS: wholeNumber(0)
    .default(0)
    .describe('claims that a root must have to be published; 0: no bound'),
  SETTLEMENT_COUNT_RANGE: countRange
    .optional()
    .describe(
      'least:most; roots whose claims are fewer or more times the mean of the last ten published roots of their channel are held, like 0.3:5; unset: no bound',
    ),
  SETTLEMENT_MAX_AMOUNT: u64Text
    .optional()
    .describe('base units of the mint that one root may let be claimed; unset: no bound'),
  SETTLEMENT_SOLVENCY: z
    .enum(['off', 'report', 'hold'])
    .default('report')
    .describe(
      'hold: a root is held when the treasury does not hold what all roots in the rings owe, and this one; report: log and metrics say it',
    ),
  SETTLEMENT_LAG_SLOTS: wholeNumber(0)
    .optional()
    .describe(
      'nothing is published while the proven end is further behind the finalised head, slots, the sink disagrees, or a slot below the root is unproven; unset: not asked',
    ),
  SETTLEMENT_CLAIM_WINDOW_SECS: wholeNumber(1)
    .optional()
    .describe(
      'a root that still owes something stays in its ring for so long, s; the root that would evict it is held until then; unset: evictions are only said',
    ),
  SETTLEMENT_LAMPORTS_PER_DAY: u64Text
    .optional()
    .describe(
      "fees of a UTC day, by the ledger of the worker's partitions, after which nothing more is sent, lamports; unset: no bound",
    ),
  SETTLEMENT_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' })
    .optional()
    .describe(
      "the sink's database, in DATABASE_SCHEMA: policies on amounts, solvency, lag, claim window and cut-over need it; read, and with SETTLEMENT_SOLVENCY=hold settlement_promises written",
    ),
  DATABASE_SCHEMA: postgresConfig.DATABASE_SCHEMA,
  DATABASE_POOLER: postgresConfig.DATABASE_POOLER,
  SETTLEMENT_GIVE_UP: giveUp
    .default([])
    .describe(
      'channel:epoch, comma separated, * for every channel: roots up to that epoch which the chain refuses are recorded as CONFLICT and passed over',
    ),
  PRIORITY_FEE_MODE: z
    .enum(['estimate', 'fixed'])
    .default('estimate')
    .describe('estimate: from recent fees, raised with each attempt, up to the cap; fixed: always the cap'),
  PRIORITY_FEE_MICROLAMPORTS: wholeNumber(0).default(50_000).describe('most micro-lamports offered for a compute unit'),
});

export type SettlementConfig = z.output<typeof settlementConfig>;

/** Id of the worker: as configured, or one that no other process has. */
export function workerIdOf({ SETTLEMENT_WORKER_ID }: { readonly SETTLEMENT_WORKER_ID?: string | undefined }): string {
  return SETTLEMENT_WORKER_ID ?? `${hostname()}-${process.pid}`;
}
