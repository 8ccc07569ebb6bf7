/** Runs seeds of the simulation: the listener's core against faults, judged by what a consumer would count. */

import type { Observer } from '../../producers/listener/core/ports.ts';
import { SeededRandom } from '../random.ts';
import { CALM, FaultCounts, type FaultKind, type FaultPlan, makeFaultPlan, REAL_SHAPE } from './fault-plan.ts';
import { type History, makeHistory } from './history.ts';
import { judge, type Verdict } from './judge.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { SimulatedListener } from './simulated-listener.ts';
import { SimulatedTopic } from './simulated-topic.ts';
import { changingSlots, type SlotTimes, steadySlots } from './slot-times.ts';

/** Simulated time after the faults within which everything must be proven. */
const RECOVERY_MS = 180_000;

export interface SeedResult {
  readonly seed: number;
  readonly kind: Kind;
  readonly verdict: Verdict;
  readonly differentRoots: number;
  /** Whether the watermark reached the end of the history. */
  readonly complete: boolean;
  /** Why a listener ended by itself, if one did. */
  readonly ended: unknown;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly records: number;
  /** Free failures that were fetched one by one. */
  readonly spamFetched: number;
  /** Longest that the watermark was behind what was final, without any other fault; undefined where the history itself delays it. */
  readonly calmBehindMs: number | undefined;
}

export interface Summary {
  readonly seeds: number;
  readonly lost: number;
  readonly doubled: number;
  readonly wrongWatermarks: number;
  readonly differentRoots: number;
  readonly incomplete: number;
  readonly spamFetched: number;
  /** Of the worst seed, without any other fault. */
  readonly calmBehindMs: number;
  readonly failedSeeds: readonly number[];
  readonly faultsInjected: Readonly<Partial<Record<FaultKind, number>>>;
}

/**
 * What the simulated cluster is like: how it settles its blocks (migration: by TowerBFT first, then by Alpenglow), or, under whichever of the
 * three, slots whose length changes, or an address that is filled with free failures.
 */
export const KINDS = ['tower', 'alpenglow', 'migration', 'slot-time', 'spam'] as const;
export type Kind = (typeof KINDS)[number];

const SPAM_PER_MINUTE = 10_000;
/** Longest that spam may keep the watermark behind. */
const LONGEST_BEHIND_MS = 10_000;

/** @param observer Told of everything that the faulty run does. */
export async function simulateSeed(
  seed: number,
  kind: Kind = 'tower',
  observer: Observer = SILENT,
): Promise<SeedResult> {
  const { history, plan, shape } = worldOf(seed, kind);
  const run = await runPlan(history, plan, new SeededRandom(seed + 1), { observer });
  const calm = await runPlan(history, { ...CALM, ...shape }, new SeededRandom(seed + 2), {});
  const keys = new Set([...run.verdict.roots.keys(), ...calm.verdict.roots.keys()]);
  const differentRoots = [...keys].filter((key) => run.verdict.roots.get(key) !== calm.verdict.roots.get(key)).length;
  return { seed, kind, differentRoots, ...run, calmBehindMs: waitsByItself(history) ? undefined : calm.mostBehindMs };
}

/** The history and the faults of a seed. */
export function worldOf(
  seed: number,
  kind: Kind,
): { readonly history: History; readonly plan: FaultPlan; readonly shape: Partial<FaultPlan> } {
  const random = new SeededRandom(seed);
  const slots = random.between(60, 220);
  const history = makeHistory(random, {
    slots,
    transactionsPerSlot: random.pick([0.05, 0.3, 1, 2.5]),
    abandonedShare: random.pick([0, 0.02, 0.1, 0.3]),
    relandShare: 0.6,
    skippedShare: 0.05,
    ...clusterOf(kind, slots, new SeededRandom(seed + 3)),
  });
  const shape = kind === 'spam' ? REAL_SHAPE : {};
  const plan = { ...makeFaultPlan(random, history.times.startMs(history.lastSlot)), ...shape };
  return { history, plan, shape };
}

/**
 * Whether the watermark has to wait whether there is spam or not: what was on a fork, and what makes no sense, is looked up several times,
 * seconds apart; and a cluster that goes over to Alpenglow finalises seconds of slots at once.
 */
function waitsByItself({ transactions, alpenglowGenesisSlot }: History): boolean {
  const wasOnFork = transactions.some(({ landings }) =>
    landings.some(({ abandonedAtSlot }) => abandonedAtSlot !== Infinity),
  );
  const goesOver = alpenglowGenesisSlot > 0 && alpenglowGenesisSlot !== Infinity;
  return wasOnFork || goesOver || transactions.some(({ malformed }) => malformed);
}

interface Cluster {
  readonly alpenglowGenesisSlot: number;
  readonly times: SlotTimes;
  readonly spamPerMinute: number;
}

function clusterOf(kind: Kind, slots: number, random: SeededRandom): Cluster {
  const consensus = kind === 'slot-time' || kind === 'spam' ? random.pick(KINDS.slice(0, 3)) : kind;
  const migratesAt = consensus === 'migration' ? random.between(1, slots) : undefined;
  return {
    alpenglowGenesisSlot: migratesAt ?? (consensus === 'alpenglow' ? 0 : Number.POSITIVE_INFINITY),
    times: kind === 'slot-time' ? changingSlots(random, slots) : steadySlots(),
    spamPerMinute: kind === 'spam' ? SPAM_PER_MINUTE : 0,
  };
}

type Run = Pick<SeedResult, 'verdict' | 'complete' | 'ended' | 'faults' | 'records' | 'spamFetched'> & {
  readonly mostBehindMs: number;
};

interface Surroundings {
  readonly observer?: Observer;
  /** How far the wall clocks of listeners are off. */
  readonly skewMs?: number;
  /** Begins what runs beside the listeners, on their clock and behind their topic. */
  begin?(topic: SimulatedTopic, clock: SimulatedClock): void;
}

/** Runs listeners to the end of a history. */
export async function runPlan(
  history: History,
  plan: FaultPlan,
  random: SeededRandom,
  { observer = SILENT, skewMs = 0, begin }: Surroundings,
): Promise<Run> {
  const clock = new SimulatedClock();
  const counts = new FaultCounts();
  const { times, lastSlot } = history;
  const calmAfterMs = times.startMs(lastSlot);
  const behind = new BehindGauge(history, clock);
  const topic = new SimulatedTopic({ clock, random, counts, failureShare: plan.transactionFailureShare, calmAfterMs });
  const start = (name: string): SimulatedListener =>
    new SimulatedListener({
      name,
      topic,
      clock,
      random,
      plan,
      counts,
      calmAfterMs,
      history,
      observer: behind.observing(observer),
      skewMs,
    });
  begin?.(topic, clock);
  void countChanges(times, clock, counts);
  const listeners = Array.from({ length: plan.listeners }, (_, number) => start(`listener-${number + 1}`));
  const all = [...listeners];
  for (const atMs of [...plan.crashesAtMs].sort((a, b) => a - b)) {
    await clock.run(atMs, () => clock.nowMs() >= atMs);
    const victim = random.between(0, listeners.length - 1);
    counts.add('crash');
    listeners[victim]?.kill();
    await clock.run(atMs + random.between(0, 20_000), () => false);
    const successor = start(`listener-${victim + 1}`);
    listeners[victim] = successor;
    all.push(successor);
  }
  const done = (): boolean =>
    listeners.every((listener) => listener.cursorSlot >= lastSlot || listener.ended !== undefined);
  const inTime = await clock.run(Math.max(calmAfterMs, clock.nowMs()) + RECOVERY_MS, done);
  const ended = listeners.find((listener) => listener.ended !== undefined)?.ended;
  for (const listener of listeners) listener.kill();
  const verdict = judge(topic, history, plan.skipFailed);
  const complete = inTime && ended === undefined && verdict.coveredSlot >= lastSlot;
  const spamFetched = all.reduce((sum, listener) => sum + listener.spamFetched, 0);
  const { mostBehindMs } = behind;
  return { verdict, complete, ended, faults: counts.counts, records: topic.records.length, spamFetched, mostBehindMs };
}

/** How far the watermark of one listener is behind what is final, just before each goes on. */
class BehindGauge {
  readonly #history: History;
  readonly #clock: SimulatedClock;
  #slot = 0;
  mostBehindMs = 0;

  constructor(history: History, clock: SimulatedClock) {
    this.#history = history;
    this.#clock = clock;
  }

  observing(observer: Observer): Observer {
    return {
      ...observer,
      watermarkWritten: (slot, blockTime) => {
        const { times, lastSlot, finalizedSlot } = this.#history;
        const finalSlot = Math.min(lastSlot, finalizedSlot(times.slotAt(this.#clock.nowMs())));
        this.mostBehindMs = Math.max(this.mostBehindMs, times.startMs(finalSlot) - times.startMs(this.#slot));
        this.#slot = Math.max(slot, this.#slot);
        observer.watermarkWritten(slot, blockTime);
      },
    };
  }
}

/** Counts the changes of pace as they come. */
async function countChanges(times: SlotTimes, clock: SimulatedClock, counts: FaultCounts): Promise<void> {
  for (const slot of times.changes) {
    await clock.sleep(times.startMs(slot) - clock.nowMs());
    counts.add('slotTimeChanged');
  }
}

export async function simulate(options: {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly kind?: Kind;
  onSeed?(result: SeedResult): void;
}): Promise<Summary> {
  const faultsInjected: Partial<Record<FaultKind, number>> = {};
  const failedSeeds: number[] = [];
  let [lost, doubled, wrongWatermarks, differentRoots, incomplete] = [0, 0, 0, 0, 0];
  let [spamFetched, calmBehindMs] = [0, 0];
  for (let seed = options.firstSeed; seed < options.firstSeed + options.seeds; seed += 1) {
    const result = await simulateSeed(seed, options.kind);
    options.onSeed?.(result);
    lost += result.verdict.lost.length + result.verdict.lettersMissing.length;
    doubled += result.verdict.doubled.length;
    wrongWatermarks += result.verdict.wrongWatermarks.length;
    differentRoots += result.differentRoots;
    if (!result.complete) incomplete += 1;
    spamFetched += result.spamFetched;
    calmBehindMs = Math.max(calmBehindMs, result.calmBehindMs ?? 0);
    if (!holds(result)) failedSeeds.push(seed);
    for (const [kind, count] of Object.entries(result.faults)) {
      faultsInjected[kind as FaultKind] = (faultsInjected[kind as FaultKind] ?? 0) + count;
    }
  }
  const { seeds } = options;
  const wrong = { lost, doubled, wrongWatermarks, differentRoots, incomplete, spamFetched };
  return { seeds, ...wrong, calmBehindMs, failedSeeds, faultsInjected };
}

/** Whether nothing was lost, doubled, wrongly proven or left unproven, and spam cost nothing. */
export function holds({ kind, verdict, differentRoots, complete, spamFetched, calmBehindMs }: SeedResult): boolean {
  const { lost, doubled, wrongWatermarks, lettersMissing } = verdict;
  const wrong = differentRoots + lost.length + doubled.length + wrongWatermarks.length + lettersMissing.length;
  const spamIsCheap = kind !== 'spam' || (spamFetched === 0 && (calmBehindMs ?? 0) <= LONGEST_BEHIND_MS);
  return complete && wrong === 0 && spamIsCheap;
}

const SILENT: Observer = {
  eventsWritten: () => undefined,
  retracted: () => undefined,
  gap: () => undefined,
  deadLettered: () => undefined,
  watermarkWritten: () => undefined,
  blocked: () => undefined,
  liveDropped: () => undefined,
  contentDiffers: () => undefined,
  wrongAnswer: () => undefined,
};
