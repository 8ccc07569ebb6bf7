/** Which faults a seed brings, and how many of each were injected. */

import type { SeededRandom } from '../random.ts';

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
  | 'blockTimeMissing';

export interface EndpointFaults {
  readonly name: string;
  /** Whether it refuses to answer from behind minContextSlot. */
  readonly honoursMinContext: boolean;
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
  readonly blockTimeMissingShare: number;
  readonly notificationDropShare: number;
  readonly outageShare: number;
  readonly noSocket: boolean;
  readonly transactionFailureShare: number;
  /** Milliseconds at which the process is killed. */
  readonly crashesAtMs: readonly number[];
  readonly listeners: number;
}

/** No fault at all: for the roots to compare with. */
export const CALM: FaultPlan = {
  endpoints: [endpoint('calm', () => 0, true)],
  nullShare: 0,
  metaMissingShare: 0,
  blockTimeMissingShare: 0,
  notificationDropShare: 0,
  outageShare: 0,
  noSocket: false,
  transactionFailureShare: 0,
  crashesAtMs: [],
  listeners: 1,
};

export function makeFaultPlan(random: SeededRandom, durationMs: number): FaultPlan {
  // Each fault is off in some seeds, rare in others, and common in a few.
  const share = (most: number): number => random.pick([0, 0, most / 10, most / 3, most]);
  const endpoints = Array.from({ length: random.between(1, 3) }, (_, number) =>
    endpoint(`node-${number + 1}`, share, random.chance(0.7), random.between(2, 40)),
  );
  return {
    endpoints,
    nullShare: share(0.4),
    metaMissingShare: share(0.1),
    blockTimeMissingShare: share(0.5),
    notificationDropShare: share(0.5),
    outageShare: share(0.3),
    noSocket: random.chance(0.1),
    transactionFailureShare: share(0.1),
    crashesAtMs: Array.from({ length: random.pick([0, 0, 1, 2, 4]) }, () => random.between(0, durationMs)),
    listeners: random.chance(0.2) ? 2 : 1,
  };
}

function endpoint(
  name: string,
  share: (most: number) => number,
  honoursMinContext: boolean,
  lagSlots = 0,
): EndpointFaults {
  return {
    name,
    honoursMinContext,
    errorShare: share(0.2),
    omittedRowShare: share(0.05),
    reorderShare: share(0.5),
    emptyPageShare: share(0.1),
    shortPageShare: share(0.1),
    laggingShare: share(0.3),
    lagSlots,
  };
}

export class FaultCounts {
  readonly counts: Partial<Record<FaultKind, number>> = {};

  add(kind: FaultKind, count = 1): void {
    if (count > 0) this.counts[kind] = (this.counts[kind] ?? 0) + count;
  }
}
