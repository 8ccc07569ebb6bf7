/** The rules that give a group's outputs their meaning. Every process of a group must have the same. */

import type { OddNode, Recipe } from '@attention-oracle/sdk';
import {
  basesText,
  epochIndexOfSlot,
  epochOfIndex,
  parseBases,
  scheduleOf,
  slotsOfEpochIndex,
} from '../../../domain/epoch-schedule.ts';
import type { SlotRange } from '../../../domain/slot-ranges.ts';
import type { CountingRules } from '../../../domain/soundness.ts';
import { AppError } from '../../../runtime/errors.ts';

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
  return epochOfIndex(rules.schedule, index);
}

/**
 * Whether bases of before give every epoch up to an index the number that it has now, so that only later ones are numbered anew.
 * @param former As `fingerprint` has them.
 */
export function numbersAlikeThrough({ schedule }: Rules, former: string, index: number): boolean {
  const bases = parseBases(former);
  const before = bases === undefined ? undefined : scheduleOf(schedule.durationSlots, bases);
  if (before === undefined) return false;
  const changes = [before, schedule].flatMap(({ later = [] }) => later.map(({ fromIndex }) => fromIndex));
  return [0, ...changes].every((at) => at > index || epochOfIndex(before, at) === epochOfIndex(schedule, at));
}

/**
 * The error for roots that were made under other rules; undefined where none of those told was another.
 * @param former By variable, as `fingerprint` has them.
 */
export function rulesChanged(rules: Rules, former: Readonly<Record<string, string>>): AppError | undefined {
  const current = fingerprint(rules);
  const changed = Object.keys(former).filter((name) => name in current && former[name] !== current[name]);
  if (changed.length === 0) return undefined;
  const changes = changed.map((name) => `${name} was ${former[name]}, is ${current[name]}`).join('; ');
  return new AppError(
    'CHECKPOINT_RULES_CHANGED',
    `This deployment has emitted roots under other rules: ${changes}. Set the former values again. Another base is a procedure (\`ao epoch-base change\`): for every root while none is on chain, afterwards for epochs to come; what was emitted keeps its rules, as fans could else be paid twice.`,
    { context: { changed } },
  );
}

/** What must not change under a group, as text: kept in the checkpoint and compared at restore. */
export function fingerprint(rules: Rules): Record<string, string> {
  return {
    EPOCH_DURATION_SLOTS: String(rules.schedule.durationSlots),
    EPOCH_BASE: basesText(rules.schedule),
    FINALIZE_THRESHOLD_SECS: String(rules.finalizeThresholdSecs),
    ROOT_RECIPE: rules.recipe,
    ROOT_ODD_NODE: rules.oddNode,
    MINT_PUBKEY: rules.protocolState === undefined ? 'every mint' : `the mint of ${rules.protocolState}`,
  };
}
