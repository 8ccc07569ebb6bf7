/**
 * Whether the first root of a deployment may be emitted: its number must stand above what the rings of the program hold, or it could
 * never be published, and a later change of the base would number its claims a second time.
 */

import { baseAbove, type EpochSchedule, epochOfSlot } from '../../../domain/epoch-schedule.ts';
import type { RingSurvey } from '../../../domain/ring-survey.ts';
import { AppError } from '../../../runtime/errors.ts';

export interface Numbering {
  readonly schedule: EpochSchedule;
  readonly programId: string;
  /** Undefined where every mint is counted: no ring is that of this deployment. */
  readonly mint: string | undefined;
}

export interface NumberingFacts {
  /** A root stands on the topic: the numbering has begun, and the base is held by the rules of what stands. */
  readonly hasBegun: boolean;
  /** A listener writes to this deployment, so that somebody can say what the rings hold. */
  readonly hasListener: boolean;
  readonly survey: RingSurvey | undefined;
}

/** Why the first root must not be emitted; undefined when it may. */
export function numberingFault(numbering: Numbering, facts: NumberingFacts): AppError | undefined {
  const { schedule, programId, mint } = numbering;
  const { hasBegun, hasListener, survey } = facts;
  if (hasBegun || mint === undefined) return undefined;
  // Records that no listener of this deployment wrote (a replay, an archive) are of no chain that could be asked.
  if (survey === undefined) return hasListener ? unchecked(mint) : undefined;
  if (survey.programId !== programId) return unchecked(mint);
  // Settlement holds each root against its own ring, on such a node.
  if (!survey.listed) return undefined;
  const newest = survey.newestEpochs.get(mint);
  if (newest === undefined) return survey.namesEveryMint ? undefined : unchecked(mint);
  return newest < schedule.base || isPerhapsOurs(numbering, survey) ? undefined : tooLow(newest, schedule.base, mint);
}

/**
 * Whether the rings hold no epoch that this numbering has not come to by now: they may be its own roots, of a run under other topics.
 * The same slots have the same number then, and with it the same bitmap, so nobody can be paid twice.
 */
export function isPerhapsOurs({ schedule, mint }: Numbering, { newestEpochs, slot }: RingSurvey): boolean {
  const newest = newestEpochs.get(mint ?? '');
  return newest !== undefined && newest >= schedule.base && newest <= epochOfSlot(schedule, slot);
}

function unchecked(mint: string): AppError {
  return new AppError(
    'EPOCH_BASE_UNCHECKED',
    `Nobody has said yet what the rings of mint ${mint} hold, so the first root is not emitted: EPOCH_BASE must be above every epoch in them. The listener says it at its start, when its RPC endpoint answers getProgramAccounts; or run \`ao epoch-base check\` where ANCHOR_PROVIDER_URL and MINT_PUBKEY are set. The partition goes on by itself.`,
    { context: { mint } },
  );
}

function tooLow(newest: bigint, base: bigint, mint: string): AppError {
  const required = baseAbove(newest).toString();
  return new AppError(
    'EPOCH_BASE_TOO_LOW',
    `A ring of mint ${mint} holds epoch ${newest}, and EPOCH_BASE is ${base}: the program would refuse roots with lower numbers. No root was emitted. If another publisher made that epoch, set EPOCH_BASE=${required} for processor, sink and settlement and start again. If a former deployment of yours made it, go on with its topics (KAFKA_NAMESPACE) and its base: read again under other numbers its claims could be paid twice.`,
    { context: { mint, epoch: newest.toString(), required } },
  );
}
