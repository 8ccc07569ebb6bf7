/** The rules that give a group's outputs their meaning. Every process of a group must have the same. */

import type { OddNode, Recipe } from '@attention-oracle/sdk';
import { epochIndexOfSlot, slotsOfEpochIndex } from '../../../domain/epoch-schedule.ts';
import type { SlotRange } from '../../../domain/slot-ranges.ts';
import type { CountingRules } from '../../../domain/soundness.ts';

export interface Rules extends CountingRules {
  /** Seconds of block time between an epoch's end and its roots. */
  readonly finalizeThresholdSecs: number;
  readonly recipe: Recipe;
  readonly oddNode: OddNode;
  /** Records of the partition during which the events of a finalised epoch are still known as duplicates. */
  readonly dedupRecords: number;
}

/** Inside the core an epoch is its index; the base is added to what is emitted. */
export function epochIndex(rules: Rules, slot: number): number {
  return epochIndexOfSlot(rules.schedule, slot);
}

/** First and last slot of an epoch, by index. */
export function slotsOfIndex(rules: Rules, index: number): SlotRange {
  return slotsOfEpochIndex(rules.schedule, index);
}

/** The epoch as it is emitted. */
export function epochNumber(rules: Rules, index: number): bigint {
  return rules.schedule.base + BigInt(index);
}

/** What must not change under a group, as text: kept in the checkpoint and compared at restore. */
export function fingerprint(rules: Rules): Record<string, string> {
  return {
    EPOCH_DURATION_SLOTS: String(rules.schedule.durationSlots),
    EPOCH_BASE: rules.schedule.base.toString(),
    FINALIZE_THRESHOLD_SECS: String(rules.finalizeThresholdSecs),
    ROOT_RECIPE: rules.recipe,
    ROOT_ODD_NODE: rules.oddNode,
    MINT_PUBKEY: rules.protocolState === undefined ? 'every mint' : `the mint of ${rules.protocolState}`,
  };
}
