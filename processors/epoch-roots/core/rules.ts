/** The rules that give a group's outputs their meaning. Every process of a group must have the same. */

import type { OddNode, Recipe } from '@attention-oracle/sdk';
import type { EpochSchedule } from '../../../domain/epoch-schedule.ts';

export interface Rules {
  readonly schedule: EpochSchedule;
  /** Seconds of block time between an epoch's end and its roots. */
  readonly finalizeThresholdSecs: number;
  readonly recipe: Recipe;
  readonly oddNode: OddNode;
  /** Address of the counted protocol state; undefined counts every one. */
  readonly protocolState: string | undefined;
  /** Records of the partition during which the events of a finalised epoch are still known as duplicates. */
  readonly dedupRecords: number;
}

/** Inside the core an epoch is its index, floor(slot / duration); the base is added to what is emitted. */
export function epochIndex(rules: Rules, slot: number): number {
  return Math.floor(slot / rules.schedule.durationSlots);
}

/** First and last slot of an epoch, by index. */
export function slotsOfIndex(rules: Rules, index: number): { readonly startSlot: number; readonly endSlot: number } {
  const startSlot = index * rules.schedule.durationSlots;
  return { startSlot, endSlot: startSlot + rules.schedule.durationSlots - 1 };
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
