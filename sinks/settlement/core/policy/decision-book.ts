/** What people have decided about the publication of roots, from the records of ao.settlement-decisions.v1 in their order. */

import type { SettlementDecision } from '../../../../schemas/records.ts';
import type { RootToSettle } from '../root-job.ts';

/** A decision that stands. */
export type StandingDecision = Pick<SettlementDecision, 'who' | 'why' | 'at'>;

type RootId = Pick<RootToSettle, 'channel' | 'epoch' | 'root'>;

/** What is said of a scope, by person: the newest of each. */
type Voices = Map<string, StandingDecision>;

export class DecisionBook {
  /** How many people must agree before something is let go. */
  readonly persons: number;
  /** False while the topic cannot be read: what it says now is unknown. */
  isCurrent = true;
  readonly #approvals = new Map<string, Voices>();
  readonly #holds = new Map<string, { readonly by: StandingDecision; readonly releases: Voices }>();
  readonly #released = new Map<string, readonly StandingDecision[]>();
  readonly #givenUp = new Map<string, { readonly upTo: bigint; readonly by: StandingDecision }[]>();

  constructor(persons = 1) {
    this.persons = persons;
  }

  /** Takes a record; in the order of the topic. */
  add({ action, channel, epoch, root, who, why, at }: SettlementDecision): void {
    const voice = { who, why, at };
    if (action === 'APPROVE') {
      // What names no root approves nothing.
      if (epoch !== null && root !== null) voicesOf(this.#approvals, rootKey({ channel, epoch, root })).set(who, voice);
    } else if (action === 'GIVE_UP') {
      if (epoch === null) return;
      const ofChannel = this.#givenUp.get(channel) ?? [];
      this.#givenUp.set(channel, [...ofChannel, { upTo: epoch, by: voice }]);
    } else if (action === 'HOLD') {
      const key = scopeKey(channel, epoch);
      this.#holds.set(key, { by: voice, releases: new Map() });
      this.#released.delete(key);
    } else this.#release(scopeKey(channel, epoch), voice);
  }

  #release(key: string, voice: StandingDecision): void {
    const hold = this.#holds.get(key);
    if (hold === undefined) return;
    hold.releases.set(voice.who, voice);
    if (hold.releases.size < this.persons) return;
    this.#holds.delete(key);
    this.#released.set(key, [...hold.releases.values()]);
  }

  /** Who holds the root, or its channel. */
  holdOf({ channel, epoch }: RootId): StandingDecision | undefined {
    return (this.#holds.get(scopeKey(channel, null)) ?? this.#holds.get(scopeKey(channel, epoch)))?.by;
  }

  /** Who released what had held the root. */
  releasesOf({ channel, epoch }: RootId): readonly StandingDecision[] {
    return [
      ...(this.#released.get(scopeKey(channel, null)) ?? []),
      ...(this.#released.get(scopeKey(channel, epoch)) ?? []),
    ];
  }

  /** Who approved exactly this root, each person once. */
  approvalsOf(root: RootId): readonly StandingDecision[] {
    return [...(this.#approvals.get(rootKey(root))?.values() ?? [])];
  }

  /** Whether as many people as must agree have approved exactly this root. */
  isApproved(root: RootId): boolean {
    return this.approvalsOf(root).length >= this.persons;
  }

  /** Who gave an epoch of a channel up; undefined while too few people have. */
  givenUpBy(channel: string, epoch: bigint): readonly StandingDecision[] | undefined {
    const voices = new Map(
      (this.#givenUp.get(channel) ?? []).flatMap(({ upTo, by }) => (epoch <= upTo ? [[by.who, by] as const] : [])),
    );
    return voices.size >= this.persons ? [...voices.values()] : undefined;
  }
}

/** The people behind a decision and their reasons, for a reader. */
export function toldBy(voices: readonly StandingDecision[]): string {
  return voices.map(({ who, why, at }) => `${who} at ${new Date(at).toISOString()} (${why})`).join(' and ');
}

function voicesOf(map: Map<string, Voices>, key: string): Voices {
  const voices = map.get(key) ?? new Map<string, StandingDecision>();
  map.set(key, voices);
  return voices;
}

function rootKey({ channel, epoch, root }: RootId): string {
  return `${root}/${epoch}/${channel}`;
}

function scopeKey(channel: string, epoch: bigint | null): string {
  return `${epoch ?? ''}/${channel}`;
}
