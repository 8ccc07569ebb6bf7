/** Whether the numbers of our epochs stand above what the rings of the program hold. */

import { BASE_STEP } from '../../../domain/epoch-schedule.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Ring } from './ports.ts';
import { type PublishedRoots, type RootSlots } from './published-roots.ts';
import { requiredEpochBase, usedSlots } from './ring-verdict.ts';

/** A record of ao.roots.v1. */
export interface EmittedRoot extends RootSlots {
  readonly channel: string;
  readonly epoch: bigint;
  readonly root: string;
}

/** Everything that bears on the numbering: the rings of the mint, the roots on the topic, and what the ledger says of them. */
export interface NumberingSurvey {
  /** Finalised slot as of which it holds, or later. */
  readonly slot: number;
  /** By the address of the channel's account. */
  readonly rings: ReadonlyMap<string, Ring>;
  readonly roots: readonly EmittedRoot[];
  readonly published: PublishedRoots;
  /** Address of a channel's account. */
  accountOf(channel: string): string;
}

/** A ring that the numbering does not pass. */
export interface RingAbove {
  readonly account: string;
  /** Newest epoch in it. */
  readonly epoch: bigint;
  /** Least base above every ring. */
  readonly required: bigint;
}

/** Roots of ours that stand, or stood, on chain: the numbering has begun. */
export function publishedRoots({ roots, published, rings, accountOf }: NumberingSurvey): EmittedRoot[] {
  return roots.filter(
    (root) => published.outcomeOf(root) === 'onChain' || isInRing(root, rings.get(accountOf(root.channel))),
  );
}

function isInRing({ epoch, root }: EmittedRoot, ring: Ring): boolean {
  return usedSlots(ring).some((slot) => slot.epoch === epoch && slot.root === root);
}

/** The base that the roots on the topic have; the configured one before the first of them. */
export function baseInForce(roots: readonly EmittedRoot[], configured: bigint): bigint {
  const bases = roots.map(
    ({ epoch, startSlot, endSlot }) => epoch - BigInt(Math.floor(startSlot / (endSlot - startSlot + 1))),
  );
  return bases.reduce((least, base) => (least === undefined || base < least ? base : least), bases[0]) ?? configured;
}

/** The ring that stands highest at or above the base, and is not explained by roots of ours; undefined when none does. */
export function ringAbove(survey: NumberingSurvey, base: bigint): RingAbove | undefined {
  const ours = new Set(survey.roots.map(({ channel, epoch, root }) => `${survey.accountOf(channel)}/${epoch}/${root}`));
  let highest: RingAbove | undefined;
  for (const [account, ring] of survey.rings) {
    for (const { epoch, root } of usedSlots(ring)) {
      if (epoch < base || ours.has(`${account}/${epoch}/${root}`)) continue;
      if (highest === undefined || epoch > highest.epoch)
        highest = { account, epoch, required: requiredEpochBase(ring) };
    }
  }
  return highest;
}

/** Newest epoch in any ring; undefined where none holds a root. */
export function newestEpoch({ rings }: Pick<NumberingSurvey, 'rings'>): bigint | undefined {
  const epochs = [...rings.values()].flatMap(usedSlots).map(({ epoch }) => epoch);
  return epochs.reduce((newest, epoch) => (newest === undefined || epoch > newest ? epoch : newest), epochs[0]);
}

/** What the start of settlement refuses with. */
export function baseTooLow({ account, epoch, required }: RingAbove, base: bigint): AppError {
  return new AppError(
    'EPOCH_BASE_TOO_LOW',
    `The ring of the channel account ${account} holds epoch ${epoch}, and EPOCH_BASE is ${base}: the program would refuse roots with lower numbers. If another publisher made it, set EPOCH_BASE=${required} for processor, sink and settlement before the first root is emitted (\`ao epoch-base change --to ${required}\` where roots were emitted and none is on chain). If a former ledger of this deployment made it, go on with that ledger: under another base its claims are not published again.`,
    { context: { account, epoch: epoch.toString(), required: required.toString() } },
  );
}

/** @throws AppError OPTION_INVALID, EPOCH_BASE_IN_USE: why the base cannot be changed to this one. */
export function assertChangeable(survey: NumberingSurvey, to: bigint): void {
  if (to % BASE_STEP !== 0n) {
    throw new AppError(
      'OPTION_INVALID',
      `--to must be a multiple of ${BASE_STEP}, not ${to}: each epoch keeps its place in the ring.`,
    );
  }
  const [first] = publishedRoots(survey);
  if (first !== undefined) {
    throw new AppError(
      'EPOCH_BASE_IN_USE',
      `The root of ${first.channel}, epoch ${first.epoch} (slots ${first.startSlot} to ${first.endSlot}) is on chain: under another base its claims could be paid twice, so what was emitted keeps its numbers. Epochs to come can be numbered from another base: \`ao epoch-base change --to ${to} --later --dry-run\`.`,
    );
  }
  const open = survey.roots.find((root) => survey.published.isUnderWay(root));
  if (open !== undefined) {
    throw new AppError(
      'EPOCH_BASE_IN_USE',
      `A transaction with the root of ${open.channel}, epoch ${open.epoch}, has not come to its end: it may still land. Let settlement run until the ledger says so, stop it, and ask again.`,
    );
  }
  const above = ringAbove({ ...survey, roots: [] }, to);
  if (above !== undefined) {
    throw new AppError(
      'OPTION_INVALID',
      `--to ${to} is not above every ring: ${above.account} holds epoch ${above.epoch}. It must be ${above.required} or more.`,
    );
  }
  const highest = survey.roots.reduce((most, { epoch }) => (epoch > most ? epoch : most), 0n);
  if (to <= highest) {
    throw new AppError(
      'OPTION_INVALID',
      `--to ${to} must be above epoch ${highest}, the highest that was emitted, so that no number means two epochs.`,
    );
  }
}
