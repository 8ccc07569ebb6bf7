import { z } from 'zod';
import {
  epochConfig,
  kafkaConfig,
  postgresConfig,
  processConfig,
  programConfig,
  wholeNumber,
} from '../../runtime/config.ts';

/** Environment variables of the Postgres sink. */
export const config = z.object({
  ...processConfig,
  ...kafkaConfig,
  ...postgresConfig,
  MINT_PUBKEY: programConfig.MINT_PUBKEY,
  AO_PROGRAM_ID: programConfig.AO_PROGRAM_ID,
  EPOCH_DURATION_SLOTS: epochConfig.EPOCH_DURATION_SLOTS,
  EPOCH_BASE: epochConfig.EPOCH_BASE,
  SINK_BATCH_BYTES: wholeNumber(1024)
    .default(4_194_304)
    .describe('most bytes of one partition that are written in one transaction'),
});

export type SinkConfig = z.output<typeof config>;
