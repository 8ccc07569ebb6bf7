/** The way from the legacy system to this one: gates, steps, and what is left to do. Pure. */

import type { ParityRow } from './parity.ts';

export type Toward = '1' | '2' | '3' | 'back';

export interface CutoverState {
  /** 0: not begun; 1: both run; 2: this platform serves and publishes; 3: the legacy system is archived. */
  readonly phase: number;
  /** Where it is being gone to; null where it stands. */
  readonly toward: Toward | null;
  /** The last step on that way that is done; null: none. */
  readonly step: string | null;
  /** Whose gateway has the public port. */
  readonly gateway: 'legacy' | 'new';
}

export type StepName =
  | 'snapshot'
  | 'gateway-over'
  | 'stop-legacy-listener'
  | 'drain'
  | 'last-parity'
  | 'stop-legacy-aggregator'
  | 'publish'
  | 'archive'
  | 'decommission'
  | 'gateway-back'
  | 'stop-publishing'
  | 'start-legacy-aggregator'
  | 'start-legacy-listener'
  | 'catch-up';

/** Clients come first on the way back; what publishes is never two at a time. */
export const STEPS: Readonly<Record<Toward, readonly StepName[]>> = {
  1: [],
  2: ['snapshot', 'gateway-over', 'stop-legacy-listener', 'drain', 'last-parity', 'stop-legacy-aggregator', 'publish'],
  3: ['snapshot', 'archive', 'decommission'],
  back: ['gateway-back', 'stop-publishing', 'start-legacy-aggregator', 'start-legacy-listener', 'catch-up'],
};

/** The phase that a way ends in. */
export function phaseAfter(toward: Toward): number {
  return toward === 'back' ? 0 : Number(toward);
}

/** @returns what is left of the way. */
export function stepsLeft({ toward, step }: CutoverState): readonly StepName[] {
  if (toward === null) return [];
  const steps = STEPS[toward];
  return step === null ? steps : steps.slice(steps.indexOf(step as StepName) + 1);
}

/** @returns why a way cannot be begun, or gone on with, from here; undefined where it can. */
export function refusal({ phase, toward }: CutoverState, wanted: Toward): string | undefined {
  if (wanted === 'back') {
    if (phase === 3 || toward === '3')
      return 'The legacy system is archived, or being archived: bring it back from its archive by hand.';
    return phase === 0 && toward === null ? 'Nothing was begun: there is nothing to go back from.' : undefined;
  }
  if (toward !== null && toward !== wanted)
    return `It is on the way ${toward === 'back' ? 'back' : `to phase ${toward}`}: go on with that, or roll back.`;
  if (toward === null && phase !== Number(wanted) - 1)
    return `It stands in phase ${phase}: the next is phase ${phase + 1}.`;
  return undefined;
}

export interface Gate {
  readonly name: string;
  /** `unknown` stops as `failed` does. */
  readonly verdict: 'passed' | 'failed' | 'unknown';
  /** What was found, one sentence. */
  readonly found: string;
}

/** Of `ao webhook`, without KAFKA_NAMESPACE. */
export const PUSHING_GROUP = 'ao-webhook-sink';

/** What could not be found out says why. */
export type Fact<T> = { readonly value: T } | { readonly unknown: string };

export interface CutoverFacts {
  readonly parity: Fact<readonly Pick<ParityRow, 'epoch' | 'channel' | 'verdict' | 'legacy' | 'ours'>[]>;
  /** Doors of our settlement workers that publish whatever the cut-over says. */
  readonly publishers: Fact<readonly string[]>;
  /** Records that each group has not read, by group. */
  readonly lag: Fact<Readonly<Record<string, number>>>;
  /** What the new gateway says of its parts: `ok` or another word. */
  readonly health: Fact<Readonly<Record<string, unknown>>>;
  /** Faults of the backups, none where they are as they must be. */
  readonly backups: Fact<readonly string[]>;
  /** Who has signed for the phase since the last one began; null: nobody. */
  readonly signedBy: Fact<string | null>;
}

export interface CutoverLimits {
  /** Newest epochs in which every root must be equal. */
  readonly epochs: number;
  readonly maxLagRecords: number;
}

/** @param toward 1, 2 or 3; the way back has no gates. */
export function judgeGates(toward: Toward, facts: CutoverFacts, limits: CutoverLimits): Gate[] {
  if (toward === 'back') return [];
  return [
    ...(toward === '1' ? [] : [parityGate(facts.parity, limits.epochs)]),
    ...(toward === '3'
      ? []
      : [
          gate('publishing', facts.publishers, (urls) => [
            urls.length === 0,
            urls.length === 0
              ? 'only the legacy system publishes'
              : `settlement at ${urls.join(', ')} publishes beside the legacy system: start it with AUTO_PUBLISH=false or SETTLEMENT_FOLLOWS_CUTOVER=true`,
          ]),
        ]),
    gate('lag', facts.lag, (groups) => {
      // What is pushed to the legacy aggregator waits, from when that has ended on.
      const late = Object.entries(groups).filter(
        ([group, lag]) => lag > limits.maxLagRecords && !(toward === '3' && group === PUSHING_GROUP),
      );
      if (Object.keys(groups).length === 0) return [false, 'no group reads the topics'];
      return late.length === 0
        ? [true, `no group is more than ${limits.maxLagRecords} records behind`]
        : [false, late.map(([group, lag]) => `${group} is ${lag} records behind`).join(', ')];
    }),
    gate('health', facts.health, (parts) => {
      const ill = Object.entries(parts).filter(([, state]) => state !== 'ok');
      return ill.length === 0
        ? [true, 'the new gateway and what it needs are well']
        : [false, ill.map(([name, state]) => `${name} is ${String(state)}`).join(', ')];
    }),
    gate('backups', facts.backups, (faults) => [
      faults.length === 0,
      faults.length === 0 ? 'the newest is verified, and the WAL that follows is archived' : faults.join(' '),
    ]),
    ...(toward === '1'
      ? []
      : [
          gate('sign-off', facts.signedBy, (who) =>
            who === null
              ? [false, `nobody has signed: \`ao cutover sign ${toward} --by NAME --why TEXT\``]
              : [true, `signed by ${who}`],
          ),
        ]),
  ];
}

function gate<T>(name: string, fact: Fact<T>, judge: (value: T) => readonly [boolean, string]): Gate {
  if ('unknown' in fact) return { name, verdict: 'unknown', found: fact.unknown };
  const [passed, found] = judge(fact.value);
  return { name, verdict: passed ? 'passed' : 'failed', found };
}

/** Of the epochs that both sides have come to, the newest: a root of one side alone there is none of parity. */
function parityGate(fact: CutoverFacts['parity'], epochs: number): Gate {
  return gate('parity', fact, (rows) => {
    const newestOf = (side: 'legacy' | 'ours'): bigint =>
      rows.filter((row) => row[side] !== null).reduce((most, { epoch }) => (epoch > most ? epoch : most), -1n);
    const [theirs, mine] = [newestOf('legacy'), newestOf('ours')];
    const horizon = theirs < mine ? theirs : mine;
    const reached = rows.filter(({ epoch }) => epoch <= horizon);
    const newest = [...new Set(reached.map(({ epoch }) => epoch))].sort((a, b) => (a < b ? 1 : -1)).slice(0, epochs);
    if (newest.length < epochs) return [false, `${newest.length} epochs can be compared, ${epochs} are asked for`];
    const judged = reached.filter(({ epoch }) => newest.includes(epoch));
    const open = judged.filter(({ verdict }) => verdict !== 'equal');
    if (open.length === 0) return [true, `all ${judged.length} roots of ${epochs} epochs are equal`];
    const named = open.slice(0, 3).map(({ channel, epoch, verdict }) => `${channel}, epoch ${epoch}: ${verdict}`);
    return [
      false,
      `${open.length} of ${judged.length} roots are not equal: ${named.join('; ')}; \`ao parity\` says why`,
    ];
  });
}
