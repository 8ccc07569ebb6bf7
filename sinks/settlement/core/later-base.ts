/** Another base for the epochs from a slot on, once roots are on chain: no slot gets a second number, so no claim a second bitmap. */

import {
  BASE_STEP,
  baseAbove,
  basesText,
  type EpochSchedule,
  epochIndexOfSlot,
  epochOfIndex,
  epochOfSlot,
  slotsOfEpochIndex,
} from '../../../domain/epoch-schedule.ts';
import { AppError } from '../../../runtime/errors.ts';
import { type EmittedRoot, type NumberingSurvey, newestEpoch, publishedRoots } from './numbering.ts';
import { judgeRing } from './ring-verdict.ts';

export interface LaterBase {
  /** With the new base in it. */
  readonly schedule: EpochSchedule;
  /** Number of the first epoch that goes by the new base. */
  readonly firstEpoch: bigint;
  readonly fromSlot: number;
  /** Roots that were emitted: each keeps its number. */
  readonly kept: readonly EmittedRoot[];
  /** Of those: nowhere on chain, and their ring takes none so low any more. */
  readonly refused: readonly EmittedRoot[];
}

/** Slots that what a role has read may be ahead of the finalised slot of the survey: the age of the oldest blockhash taken. */
const READ_AHEAD_SLOTS = 150;

/**
 * @param schedule The one in force.
 * @param fromSlot Default: the next epoch that no role can have read an event of.
 * @throws AppError OPTION_INVALID with the value to take; EPOCH_BASE_IN_USE when the schedule is not the one that the roots were made under.
 */
export function laterBase(
  survey: NumberingSurvey,
  schedule: EpochSchedule,
  { to, fromSlot }: { readonly to: bigint; readonly fromSlot?: number | undefined },
): LaterBase {
  const odd = survey.roots.find(({ epoch, startSlot }) => epochOfSlot(schedule, startSlot) !== epoch);
  if (odd !== undefined) {
    throw new AppError(
      'EPOCH_BASE_IN_USE',
      `The root of ${odd.channel}, epoch ${odd.epoch} (slots ${odd.startSlot} to ${odd.endSlot}), was not made under EPOCH_BASE=${basesText(schedule)}. Set the EPOCH_BASE and EPOCH_DURATION_SLOTS that the processor runs with, and ask again.`,
    );
  }
  const leastIndex = epochIndexOfSlot(schedule, survey.slot + READ_AHEAD_SLOTS) + 1;
  const least = slotsOfEpochIndex(schedule, leastIndex).fromSlot;
  const first = fromSlot ?? least;
  if (first < least || first % schedule.durationSlots !== 0) {
    throw new AppError(
      'OPTION_INVALID',
      `--from-slot must be the first slot of an epoch of which no role has read an event yet: ${least}, or a later multiple of EPOCH_DURATION_SLOTS (${schedule.durationSlots}).`,
    );
  }
  const fromIndex = epochIndexOfSlot(schedule, first);
  const used = survey.roots.reduce((most, { epoch }) => (epoch > most ? epoch : most), newestEpoch(survey) ?? 0n);
  // What stands until then goes on by the former base: those numbers are taken too.
  const last = epochOfIndex(schedule, fromIndex - 1);
  const inForce = last - BigInt(fromIndex - 1);
  const required = [baseAbove(used - BigInt(fromIndex)), inForce + BASE_STEP].reduce((a, b) => (a > b ? a : b));
  if (to % BASE_STEP !== 0n || to < required) {
    throw new AppError(
      'OPTION_INVALID',
      `--to must be a multiple of ${BASE_STEP}, so that each epoch keeps its place in the ring, and ${required} or more, so that the first epoch of slot ${first} is above ${used}, the highest that any ring holds or any root has.`,
    );
  }
  const onChain = new Set(publishedRoots(survey));
  return {
    schedule: { ...schedule, later: [...(schedule.later ?? []), { fromIndex, base: to }] },
    firstEpoch: to + BigInt(fromIndex),
    fromSlot: first,
    kept: survey.roots,
    refused: survey.roots.filter((root) => !onChain.has(root) && isRefused(survey, root)),
  };
}

function isRefused({ rings, accountOf }: NumberingSurvey, root: EmittedRoot): boolean {
  const ring = rings.get(accountOf(root.channel));
  return ring !== undefined && judgeRing(root, ring).kind === 'passed';
}

/** What a person reads before the change. */
export function linesOfLaterBase({ schedule, firstEpoch, fromSlot, kept, refused }: LaterBase): string[] {
  const lines = [
    `Each of the ${kept.length} roots that were emitted keeps its number, and no slot gets a second one: no claim can be paid twice.`,
    `The epoch that begins with slot ${fromSlot} would be ${epochOfIndex({ ...schedule, later: schedule.later?.slice(0, -1) ?? [] }, epochIndexOfSlot(schedule, fromSlot))}; it will be ${firstEpoch}, above every ring.`,
  ];
  if (refused.length === 0) return lines;
  const names = refused.map(({ channel, epoch }) => `${channel}:${epoch}`).join(',');
  return [
    ...lines,
    `${refused.length} roots are nowhere on chain and their rings hold higher epochs: the program refuses them for good, and so it will those of epochs that end before slot ${fromSlot}. Their channels go on when they are passed over: SETTLEMENT_GIVE_UP=${names}.`,
  ];
}
