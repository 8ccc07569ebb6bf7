/** Every claim of a log that is proven, by slot, and which slots the log proves: what two deployments must agree about. Pure. */

import { createHash } from 'node:crypto';
import { type SlotRange, unionWith } from '../../domain/slot-ranges.ts';
import { type CountingRules, watermarkProblem } from '../../domain/soundness.ts';
import { type ChannelClaim, ClaimFold } from './claim-fold.ts';
import type { LogRecord } from './event-log.ts';

export class ProvenClaims {
  readonly #rules: CountingRules;
  readonly #folds = new Map<number, ClaimFold>();
  readonly #covered = new Map<number, readonly SlotRange[]>();

  constructor(rules: CountingRules) {
    this.#rules = rules;
  }

  apply({ partition, offset, input }: LogRecord): void {
    const fold = this.#folds.get(partition) ?? new ClaimFold(this.#rules);
    this.#folds.set(partition, fold);
    if (input === undefined) return;
    fold.apply(offset, input);
    if (input.name !== 'SlotWatermark' || watermarkProblem(input.value) !== undefined) return;
    const { fromSlot, slot } = input.value;
    this.#covered.set(partition, unionWith(this.#covered.get(partition) ?? [], { fromSlot, toSlot: slot }));
  }

  /** Slots that every partition proves. @param partitions How many there are: one without a record proves nothing. */
  covered(partitions: number): readonly SlotRange[] {
    if (this.#covered.size < partitions) return [];
    return [...this.#covered.values()].reduce(intersectionOf);
  }

  /** Claims of a slot, or of every one. */
  *claims(slot?: number): Generator<ChannelClaim> {
    for (const fold of this.#folds.values()) {
      for (const claim of fold.proven()) if (slot === undefined || claim.slot === slot) yield claim;
    }
  }

  /** A digest of the claims of each slot that has any; their order does not matter. */
  digests(): Map<number, Buffer> {
    const digests = new Map<number, Buffer>();
    for (const claim of this.claims()) {
      const sum = digests.get(claim.slot) ?? Buffer.alloc(32);
      for (const [i, byte] of createHash('sha256').update(lineOf(claim)).digest().entries())
        sum[i] = (sum[i] ?? 0) ^ byte;
      digests.set(claim.slot, sum);
    }
    return digests;
  }
}

export interface Agreement {
  readonly verdict: 'equal' | 'differs' | 'unknown';
  /** Slots that both prove: nothing is said of others. */
  readonly compared: readonly SlotRange[];
  /** First slot with other claims; undefined where there is none. */
  readonly firstSlot: number | undefined;
  /** Claims of that slot that only one side has, as JSON: event id, slot, channel, claimer, amount, id. */
  readonly onlyHere: readonly string[];
  readonly onlyThere: readonly string[];
}

export function agreementOf(
  here: ProvenClaims,
  there: ProvenClaims,
  partitions: { readonly here: number; readonly there: number },
): Agreement {
  const compared = intersectionOf(here.covered(partitions.here), there.covered(partitions.there));
  const nothing = { compared, firstSlot: undefined, onlyHere: [], onlyThere: [] };
  if (compared.length === 0) return { verdict: 'unknown', ...nothing };
  const firstSlot = firstDifference(here.digests(), there.digests(), compared);
  if (firstSlot === undefined) return { verdict: 'equal', ...nothing };
  const [ours, theirs] = [here, there].map((side) => [...side.claims(firstSlot)].map(lineOf).sort()) as [
    string[],
    string[],
  ];
  const onlyHere = ours.filter((line) => !theirs.includes(line));
  const onlyThere = theirs.filter((line) => !ours.includes(line));
  return { verdict: 'differs', compared, firstSlot, onlyHere, onlyThere };
}

function firstDifference(
  here: ReadonlyMap<number, Buffer>,
  there: ReadonlyMap<number, Buffer>,
  compared: readonly SlotRange[],
): number | undefined {
  const slots = [...new Set([...here.keys(), ...there.keys()])].sort((a, b) => a - b);
  const isCompared = (slot: number): boolean =>
    compared.some(({ fromSlot, toSlot }) => fromSlot <= slot && slot <= toSlot);
  return slots.find((slot) => isCompared(slot) && here.get(slot)?.equals(there.get(slot) ?? Buffer.alloc(0)) !== true);
}

/** Of two lists of disjoint ranges, ascending. */
export function intersectionOf(a: readonly SlotRange[], b: readonly SlotRange[]): SlotRange[] {
  const both = a.flatMap((one) =>
    b.map((other) => ({
      fromSlot: Math.max(one.fromSlot, other.fromSlot),
      toSlot: Math.min(one.toSlot, other.toSlot),
    })),
  );
  return both.filter(({ fromSlot, toSlot }) => fromSlot <= toSlot);
}

function lineOf({ eventId, slot, channel, claimer, amount, id }: ChannelClaim): string {
  return JSON.stringify([eventId, slot, channel, claimer, amount.toString(), id]);
}
