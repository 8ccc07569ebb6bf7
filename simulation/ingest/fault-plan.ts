/** Which faults a seed brings, and how many of each were injected. */

import type { SeededRandom } from '../random.ts';
import { USUAL_SLOT_MS } from './slot-times.ts';

export type FaultKind =
  | 'rpcError'
  | 'rowsOmitted'
  | 'rowsReordered'
  | 'emptyPage'
  | 'shortPage'
  | 'laggingBackEnd'
  | 'nullTransaction'
  | 'metaMissing'
  | 'notificationDropped'
  | 'notificationDoubled'
  | 'socketOutage'
  | 'transactionFailed'
  | 'transactionUnknown'
  | 'crash'
  | 'blockTimeMissing'
  | 'rowsFiltered'
  | 'rowHiddenForHours'
  | 'historyPruned'
  | 'otherChain'
  | 'incompleteAnswer'
  | 'blockMissing'
  /** The cluster's slots became shorter or longer. */
  | 'slotTimeChanged'
  /** A failed transaction without a fee stood in a list that was asked for. */
  | 'spamListed'
  /** No fault: the listener found that what is confirmed is final. */
  | 'oneStep';

export interface EndpointFaults {
  readonly name: string;
  /** What it does with minContextSlot: refuses what it has not reached, leaves out the rows below it, or does not look at it. */
  readonly minContext: 'refuses' | 'filters' | 'ignores';
  readonly servesBlocks: boolean;
  /** Whether its node knows getAgGenesisCert. */
  readonly knowsAlpenglow: boolean;
  /** Share of the rows that its lists of signatures never have. */
  readonly hiddenRowShare: number;
  /** Where its history begins. */
  readonly firstSlot: number;
  /** Milliseconds from and until which another chain answers at its address. */
  readonly otherChainMs: readonly [number, number] | undefined;
  readonly errorShare: number;
  readonly omittedRowShare: number;
  readonly reorderShare: number;
  readonly emptyPageShare: number;
  readonly shortPageShare: number;
  readonly laggingShare: number;
  readonly lagSlots: number;
}

export interface FaultPlan {
  readonly endpoints: readonly EndpointFaults[];
  readonly nullShare: number;
  readonly metaMissingShare: number;
  readonly incompleteShare: number;
  /** Share of the slots that a list of blocks leaves out. */
  readonly blockMissingShare: number;
  readonly blockTimeMissingShare: number;
  readonly notificationDropShare: number;
  readonly outageShare: number;
  readonly noSocket: boolean;
  readonly transactionFailureShare: number;
  /** Milliseconds at which the process is killed. */
  readonly crashesAtMs: readonly number[];
  readonly listeners: number;
  /** Most rows of a list of signatures. */
  readonly pageRows: number;
  /** Signatures of one chunk of a long history. */
  readonly chunkRows: number;
  /** Failed transactions are only counted. */
  readonly skipFailed: boolean;
}

/** Small, so that a short history has several pages and chunks. */
const SHAPE = { pageRows: 50, chunkRows: 30, skipFailed: false };
/** As of the real service, and by default. */
export const REAL_SHAPE = { pageRows: 1000, chunkRows: 2000, skipFailed: true };

/** No fault at all: for the roots to compare with. */
export const CALM: FaultPlan = {
  endpoints: [endpoint('calm', () => 0)],
  nullShare: 0,
  metaMissingShare: 0,
  incompleteShare: 0,
  blockMissingShare: 0,
  blockTimeMissingShare: 0,
  notificationDropShare: 0,
  outageShare: 0,
  noSocket: false,
  transactionFailureShare: 0,
  crashesAtMs: [],
  listeners: 1,
  ...SHAPE,
};

export function makeFaultPlan(random: SeededRandom, durationMs: number): FaultPlan {
  // Each fault is off in some seeds, rare in others, and common in a few.
  const share = (most: number): number => random.pick([0, 0, most / 10, most / 3, most]);
  const endpoints = Array.from({ length: random.between(1, 3) }, (_, number) => ({
    ...endpoint(`node-${number + 1}`, share),
    minContext: random.pick(['refuses', 'refuses', 'refuses', 'filters', 'ignores'] as const),
    lagSlots: random.between(2, 40),
    servesBlocks: random.chance(0.5),
    knowsAlpenglow: true,
  }));
  lastingFaults(random, endpoints, durationMs);
  return {
    endpoints,
    nullShare: share(0.4),
    metaMissingShare: share(0.1),
    incompleteShare: share(0.2),
    blockMissingShare: share(0.05),
    blockTimeMissingShare: share(0.5),
    notificationDropShare: share(0.5),
    outageShare: share(0.3),
    noSocket: random.chance(0.1),
    transactionFailureShare: share(0.1),
    crashesAtMs: Array.from({ length: random.pick([0, 0, 1, 2, 4]) }, () => random.between(0, durationMs)),
    listeners: random.chance(0.2) ? 2 : 1,
    ...SHAPE,
  };
}

/**
 * What one provider does for hours: it leaves rows out of its lists, has pruned its history, or is another chain for a while.
 * Only beside another provider, or where it serves blocks: nothing can show what a single one hides everywhere.
 */
function lastingFaults(random: SeededRandom, endpoints: EndpointFaults[], durationMs: number): void {
  const [first] = endpoints;
  const last = endpoints.length - 1;
  if (first !== undefined && random.chance(0.3)) {
    const servesBlocks = first.servesBlocks || endpoints.length === 1;
    endpoints[0] = { ...first, servesBlocks, hiddenRowShare: random.pick([0.02, 0.1, 0.5]) };
  }
  const victim = endpoints[last];
  if (victim === undefined) return;
  if (last > 0 && endpoints[0]?.hiddenRowShare === 0 && random.chance(0.2)) {
    endpoints[last] = { ...victim, firstSlot: random.between(1, Math.floor(durationMs / USUAL_SLOT_MS)) };
  } else if (random.chance(0.15)) {
    const from = random.between(0, durationMs);
    endpoints[last] = { ...victim, otherChainMs: [from, from + random.between(5000, 30_000)] };
  }
}

function endpoint(name: string, share: (most: number) => number): EndpointFaults {
  return {
    name,
    minContext: 'refuses',
    servesBlocks: true,
    knowsAlpenglow: true,
    hiddenRowShare: 0,
    firstSlot: 0,
    otherChainMs: undefined,
    errorShare: share(0.2),
    omittedRowShare: share(0.05),
    reorderShare: share(0.5),
    emptyPageShare: share(0.1),
    shortPageShare: share(0.1),
    laggingShare: share(0.3),
    lagSlots: 0,
  };
}

export class FaultCounts {
  readonly counts: Partial<Record<FaultKind, number>> = {};

  add(kind: FaultKind, count = 1): void {
    if (count > 0) this.counts[kind] = (this.counts[kind] ?? 0) + count;
  }
}
