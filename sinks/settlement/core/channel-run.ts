/** Later roots of a channel that may share the transaction of its oldest open one, in rising order. */

import { WAITING_BEHIND } from './holds.ts';
import type { PlacedRoot } from './lane.ts';
import type { Ring } from './ports.ts';
import { judgeRing } from './ring-verdict.ts';
import { isHeldBy } from './root-decisions.ts';
import { tallyOf } from './root-job.ts';

/** No root is to leave the ring by the transaction that brings it: the known builds have ten slots. */
const MAX_RUN = 10;

/**
 * The roots behind `head` that nothing speaks against, up to the first one that something does: that one says why when it is the oldest.
 * Of two roots that may hold the same claims (two numberings) only the first is taken: the other one is judged once that is settled.
 */
export function followersOf(head: PlacedRoot, ring: Ring, nowMs: number, maxRoots: number): PlacedRoot[] {
  if (hasFailed(head)) return [];
  const run = [head];
  for (const at of head.lane.following(head)) {
    const isNext = isAfter(at, run) && isIdle(at, nowMs) && !hasFailed(at);
    if (!isNext || judgeRing(at.root, ring).kind !== 'publish' || run.length >= Math.min(MAX_RUN, maxRoots)) break;
    run.push(at);
  }
  return run.slice(1);
}

function isAfter({ root }: PlacedRoot, run: readonly PlacedRoot[]): boolean {
  return run.every(
    ({ root: former }) => former.epoch < root.epoch && former.endSlot < root.startSlot && former.root !== root.root,
  );
}

/** Nothing of it is under way, and nothing is said against it. */
function isIdle(at: PlacedRoot, nowMs: number): boolean {
  const { job } = at;
  if (job.kind !== 'waiting' && !isHeldBy(at, WAITING_BEHIND)) return false;
  return 'notBeforeMs' in job && job.notBeforeMs <= nowMs && at.lane.published.outcomeOf(at.root) === undefined;
}

/** Such a root goes alone, so that it cannot spoil the transaction for others. */
export function hasFailed({ job }: PlacedRoot): boolean {
  return tallyOf(job).failures > 0 || ('refusals' in job && job.refusals > 0);
}

/** The oldest of each channel in a batch: what concerns every root of it is said of these, and those behind them wait for them. */
export function headsOf(batch: readonly PlacedRoot[]): PlacedRoot[] {
  return batch.filter((at, index) => batch.findIndex(({ root }) => root.channel === at.root.channel) === index);
}
