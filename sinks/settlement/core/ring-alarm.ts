/** What can be wrong with a ring of a channel that we serve. */

/** foreign: nobody of us published it; missing: final by our ledger, and not where it must stand. */
export type RingAlarmKind = 'foreign' | 'missing';

export interface RingAlarm {
  readonly kind: RingAlarmKind;
  readonly channel: string;
  readonly epoch: bigint;
  /** 64 lower-case hex digits: of the foreign root, or of ours. */
  readonly root: string;
}
