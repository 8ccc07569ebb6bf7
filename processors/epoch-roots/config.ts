/** Configuration of the epoch-roots processor. */

import { z } from 'zod';
import { countedProtocolState } from '../../domain/protocol-state.ts';
import {
  epochConfig,
  epochSchedule,
  kafkaConfig,
  processConfig,
  programConfig,
  wholeNumber,
} from '../../runtime/config.ts';
import type { Rules } from './core/rules.ts';

export const config = z.object({
  ...processConfig,
  ...kafkaConfig,
  ...programConfig,
  ...epochConfig,
  FINALIZED_DEDUP_EVENTS: wholeNumber(0)
    .default(100_000)
    .describe('records of a partition during which the events of a finalised epoch are still known as duplicates'),
  CHECKPOINT_INTERVAL_MS: wholeNumber(1)
    .default(1000)
    .describe('longest time between two commits while records arrive, ms'),
});

export type ProcessorConfig = z.output<typeof config>;

export function rulesOf(settings: ProcessorConfig): Rules {
  const { MINT_PUBKEY: mint, AO_PROGRAM_ID: program } = settings;
  return {
    schedule: epochSchedule(settings),
    finalizeThresholdSecs: settings.FINALIZE_THRESHOLD_SECS,
    recipe: settings.ROOT_RECIPE,
    oddNode: settings.ROOT_ODD_NODE,
    protocolState: countedProtocolState(mint, program),
    dedupRecords: settings.FINALIZED_DEDUP_EVENTS,
  };
}
