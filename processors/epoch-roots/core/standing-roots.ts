/**
 * The roots of a partition that stand on the roots topic. A group whose checkpoint is gone rebuilds its state from the first
 * record on; what stands says how far it had come, under which rules, and what must come out again.
 */

import { basesText, type EpochSchedule, epochOfSlot } from '../../../domain/epoch-schedule.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { RootFinalized } from '../../../schemas/records.ts';
import { epochIndex, type Rules, rulesChanged } from './rules.ts';

export class StandingRoots {
  /** Not met again yet, by channel and epoch. */
  readonly #open = new Map<string, RootFinalized>();
  /** Outputs of records below this offset were emitted: roots are committed in the order of their records. */
  readonly emittedBelow: number;

  /** @param roots In the order of the topic; of two for one channel and epoch the first stands. */
  constructor(roots: Iterable<RootFinalized>, partition: number, schedule: EpochSchedule) {
    let emittedBelow = 0;
    const own = [...roots].filter(({ sourcePartition }) => sourcePartition === partition);
    const lastInOrder = own.findLastIndex((root) => isNumberedBy(schedule, root));
    for (const [i, root] of own.entries()) {
      // Those before a change of the base of every root (`ao epoch-base change`) stand for nothing any more: the new one is above them.
      if (i < lastInOrder && root.epoch < schedule.base) continue;
      emittedBelow = Math.max(emittedBelow, root.sourceOffset + 1);
      const key = keyOf(root);
      if (!this.#open.has(key)) this.#open.set(key, root);
    }
    this.emittedBelow = emittedBelow;
  }

  /** Index of the newest epoch that a root stands of; -1 for none. */
  newestIndex(rules: Rules): number {
    let newest = -1;
    for (const { startSlot } of this.#open.values()) newest = Math.max(newest, epochIndex(rules, startSlot));
    return newest;
  }

  /** Whether roots stand, and none that does is numbered so. */
  isNumberedOtherwise(schedule: EpochSchedule): boolean {
    return this.#open.size > 0 && ![...this.#open.values()].some((root) => isNumberedBy(schedule, root));
  }

  /** @throws AppError CHECKPOINT_RULES_CHANGED when a root was made under other rules, as far as a root tells them. */
  assertMadeUnder(rules: Rules): void {
    for (const root of this.#open.values()) {
      const { startSlot, endSlot, recipe, oddNode } = root;
      const durationSlots = endSlot - startSlot + 1;
      const former = {
        EPOCH_DURATION_SLOTS: String(durationSlots),
        EPOCH_BASE: isNumberedBy(rules.schedule, root) ? basesText(rules.schedule) : String(baseOf(root)),
        ROOT_RECIPE: recipe,
        ROOT_ODD_NODE: oddNode,
      };
      const changed = rulesChanged(rules, former);
      if (changed !== undefined) throw changed;
    }
  }

  /** Notes a root that came out again. @throws AppError ROOT_CONFLICT when it is not the one that stands. */
  meet(root: RootFinalized): void {
    const standing = this.#open.get(keyOf(root));
    this.#open.delete(keyOf(root));
    if (standing !== undefined && textOf(standing) === textOf(root)) return;
    throw conflict(root, `give root ${root.root} over ${root.count} leaves`, standing);
  }

  /** @throws AppError ROOT_CONFLICT when a root that stands did not come out again. */
  assertAllMet(): void {
    const [missing] = this.#open.values();
    if (missing !== undefined) throw conflict(missing, 'give none', missing);
  }
}

function conflict({ channel, epoch, sourceOffset }: RootFinalized, given: string, standing?: RootFinalized): AppError {
  const stands =
    standing === undefined
      ? 'holds none'
      : `holds ${standing.root} over ${standing.count} leaves, made at offset ${standing.sourceOffset}`;
  return new AppError(
    'ROOT_CONFLICT',
    `For channel ${channel} and epoch ${epoch} the records up to offset ${sourceOffset} ${given}, and the roots topic ${stands}: the records are not those of that time, or the rules are others (MINT_PUBKEY, FINALIZE_THRESHOLD_SECS). Set the former values and start again; a root that was emitted never changes.`,
    { context: { channel, epoch: epoch.toString(), sourceOffset } },
  );
}

/** By its own duration: another one is told as such. */
function isNumberedBy(
  { durationSlots: _, ...bases }: EpochSchedule,
  { epoch, startSlot, endSlot }: RootFinalized,
): boolean {
  return epochOfSlot({ ...bases, durationSlots: endSlot - startSlot + 1 }, startSlot) === epoch;
}

function baseOf({ epoch, startSlot, endSlot }: RootFinalized): bigint {
  return epoch - BigInt(Math.floor(startSlot / (endSlot - startSlot + 1)));
}

const keyOf = ({ channel, epoch }: RootFinalized): string => `${epoch}/${channel}`;

/** Every field: what comes out again must be the same record. */
function textOf(root: RootFinalized): string {
  const fields = Object.entries(root).sort(([a], [b]) => (a < b ? -1 : 1));
  return fields.map(([name, value]) => `${name}=${value}`).join('\n');
}
