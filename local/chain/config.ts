import { z } from 'zod';
import { base58Address, booleanText, listText, processConfig, u64Text, wholeNumber } from '../../runtime/config.ts';

const paceSteps = listText.pipe(
  z.array(
    z
      .string()
      .regex(/^\d+:[1-9]\d*$/, 'must be <slot>:<milliseconds>')
      .transform((text) => {
        const [fromSlot = 0, blockTimeMs = 0] = text.split(':').map(Number);
        return { fromSlot, blockTimeMs };
      }),
  ),
);
const addresses = listText.pipe(z.array(base58Address));

/** Variables of `ao chain`. */
export const chainConfig = z.object({
  ...processConfig,
  CHAIN_HOST: z.string().default('127.0.0.1').describe('address to listen on'),
  CHAIN_PORT: wholeNumber()
    .pipe(z.number().max(65_535))
    .default(8899)
    .describe('port of JSON-RPC and WebSocket; 0: any'),
  CHAIN_SLOT_MS: wholeNumber(1).default(400).describe('length of a slot, ms'),
  CHAIN_BLOCK_TIME_MS: wholeNumber(1)
    .optional()
    .describe('between the block times of two slots, ms; default CHAIN_SLOT_MS'),
  CHAIN_CONSENSUS: z
    .enum(['alpenglow', 'tower'])
    .optional()
    .describe('how blocks are settled; default alpenglow, with a recording tower'),
  CHAIN_MIGRATION_SLOT: wholeNumber()
    .optional()
    .describe(
      'last slot that TowerBFT settles on a chain that goes over to Alpenglow; default 0 with alpenglow, none with tower',
    ),
  CHAIN_KNOWS_ALPENGLOW: booleanText.default(true).describe('false: a node that does not know getAgGenesisCert'),
  CHAIN_CONFIRMATION_SLOTS: wholeNumber().default(1).describe('slots until a slot is confirmed under TowerBFT'),
  CHAIN_FINALITY_SLOTS: wholeNumber(1).default(32).describe('slots until a slot is finalised under TowerBFT'),
  CHAIN_PACE: paceSteps.default([]).describe('other lengths of slots, <slot>:<ms of block time>, comma separated'),
  CHAIN_VERSION_1: booleanText.default(true).describe('whether version 1 transactions are taken (SIMD-0385)'),
  CHAIN_UNPAID_FAILURES: booleanText
    .default(false)
    .describe('whether transactions whose payer cannot pay are kept as failed ones (SIMD-0290)'),
  CHAIN_START_SLOT: wholeNumber().default(0).describe('first slot of a new chain'),
  CHAIN_HISTORY_LIMIT: wholeNumber(1).default(1_000_000).describe('finalised transactions kept'),
  CHAIN_DATA_DIR: z.string().optional().describe('folder of the journal; unset: in memory only'),
  CHAIN_RECORDING: z.string().optional().describe('file of recorded transactions (NDJSON) served as history'),
  CHAIN_ACCOUNTS: z.string().optional().describe('JSON file of accounts that go with the recording'),
  CHAIN_MINT: base58Address.optional().describe('mint of the protocol that a new chain begins with'),
  CHAIN_ADMIN: base58Address.optional().describe('admin of that protocol; unset: the chain begins without one'),
  CHAIN_PUBLISHER: base58Address.optional().describe('publisher of that protocol; default CHAIN_ADMIN'),
  CHAIN_FUNDED: addresses.default([]).describe('addresses that begin with SOL, comma separated'),
  CHAIN_FUNDED_LAMPORTS: u64Text.default(1_000_000_000_000n).describe('what each of them has, lamports'),
  CHAIN_FAULT_SEED: wholeNumber().optional().describe('seed of the fault plan; unset: nothing goes wrong'),
});

export type ChainConfig = z.output<typeof chainConfig>;
