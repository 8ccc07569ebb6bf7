/** Runs seeds of the simulation: the listener's core against faults, judged by what a consumer would count. */

import type { Observer } from '../../producers/listener/core/ports.ts';
import { SeededRandom } from '../random.ts';
import { CALM, FaultCounts, type FaultKind, type FaultPlan, makeFaultPlan } from './fault-plan.ts';
import { type History, makeHistory, SLOT_MS } from './history.ts';
import { judge, type Verdict } from './judge.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { SimulatedListener } from './simulated-listener.ts';
import { SimulatedTopic } from './simulated-topic.ts';

/** Simulated time after the faults within which everything must be proven. */
const RECOVERY_MS = 180_000;

export interface SeedResult {
  readonly seed: number;
  readonly verdict: Verdict;
  readonly differentRoots: number;
  /** Whether the watermark reached the end of the history. */
  readonly complete: boolean;
  /** Why a listener ended by itself, if one did. */
  readonly ended: unknown;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly records: number;
}

export interface Summary {
  readonly seeds: number;
  readonly lost: number;
  readonly doubled: number;
  readonly wrongWatermarks: number;
  readonly differentRoots: number;
  readonly incomplete: number;
  readonly failedSeeds: readonly number[];
  readonly faultsInjected: Readonly<Partial<Record<FaultKind, number>>>;
}

/** How the simulated cluster settles its blocks; migration: by TowerBFT first, then by Alpenglow. */
export const CONSENSUS = ['tower', 'alpenglow', 'migration'] as const;
export type Consensus = (typeof CONSENSUS)[number];

/** @param observer Told of everything that the faulty run does. */
export async function simulateSeed(
  seed: number,
  consensus: Consensus = 'tower',
  observer: Observer = SILENT,
): Promise<SeedResult> {
  const random = new SeededRandom(seed);
  const slots = random.between(60, 220);
  const history = makeHistory(random, {
    slots,
    transactionsPerSlot: random.pick([0.05, 0.3, 1, 2.5]),
    abandonedShare: random.pick([0, 0.02, 0.1, 0.3]),
    relandShare: 0.6,
    skippedShare: 0.05,
    alpenglowGenesisSlot: alpenglowGenesisSlot(consensus, slots, new SeededRandom(seed + 3)),
  });
  const plan = makeFaultPlan(random, history.lastSlot * SLOT_MS);
  const run = await runPlan(history, plan, new SeededRandom(seed + 1), observer);
  const calm = await runPlan(history, CALM, new SeededRandom(seed + 2), SILENT);
  const keys = new Set([...run.verdict.roots.keys(), ...calm.verdict.roots.keys()]);
  const differentRoots = [...keys].filter((key) => run.verdict.roots.get(key) !== calm.verdict.roots.get(key)).length;
  return { seed, differentRoots, ...run };
}

function alpenglowGenesisSlot(consensus: Consensus, slots: number, random: SeededRandom): number {
  if (consensus === 'migration') return random.between(1, slots);
  return consensus === 'alpenglow' ? 0 : Number.POSITIVE_INFINITY;
}

type Run = Pick<SeedResult, 'verdict' | 'complete' | 'ended' | 'faults' | 'records'>;

async function runPlan(history: History, plan: FaultPlan, random: SeededRandom, observer: Observer): Promise<Run> {
  const clock = new SimulatedClock();
  const counts = new FaultCounts();
  const calmAfterMs = history.lastSlot * SLOT_MS;
  const topic = new SimulatedTopic({ clock, random, counts, failureShare: plan.transactionFailureShare, calmAfterMs });
  const start = (name: string): SimulatedListener =>
    new SimulatedListener({ name, topic, clock, random, plan, counts, calmAfterMs, history, observer });
  const listeners = Array.from({ length: plan.listeners }, (_, number) => start(`listener-${number + 1}`));
  for (const atMs of [...plan.crashesAtMs].sort((a, b) => a - b)) {
    await clock.run(atMs, () => clock.nowMs() >= atMs);
    const victim = random.between(0, listeners.length - 1);
    counts.add('crash');
    listeners[victim]?.kill();
    await clock.run(atMs + random.between(0, 20_000), () => false);
    listeners[victim] = start(`listener-${victim + 1}`);
  }
  const done = (): boolean =>
    listeners.every((listener) => listener.cursorSlot >= history.lastSlot || listener.ended !== undefined);
  const inTime = await clock.run(Math.max(calmAfterMs, clock.nowMs()) + RECOVERY_MS, done);
  const ended = listeners.find((listener) => listener.ended !== undefined)?.ended;
  for (const listener of listeners) listener.kill();
  const verdict = judge(topic, history);
  const complete = inTime && ended === undefined && verdict.coveredSlot >= history.lastSlot;
  return { verdict, complete, ended, faults: counts.counts, records: topic.records.length };
}

export async function simulate(options: {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly consensus?: Consensus;
  onSeed?(result: SeedResult): void;
}): Promise<Summary> {
  const faultsInjected: Partial<Record<FaultKind, number>> = {};
  const failedSeeds: number[] = [];
  let [lost, doubled, wrongWatermarks, differentRoots, incomplete] = [0, 0, 0, 0, 0];
  for (let seed = options.firstSeed; seed < options.firstSeed + options.seeds; seed += 1) {
    const result = await simulateSeed(seed, options.consensus);
    options.onSeed?.(result);
    lost += result.verdict.lost.length + result.verdict.lettersMissing.length;
    doubled += result.verdict.doubled.length;
    wrongWatermarks += result.verdict.wrongWatermarks.length;
    differentRoots += result.differentRoots;
    if (!result.complete) incomplete += 1;
    if (!holds(result)) failedSeeds.push(seed);
    for (const [kind, count] of Object.entries(result.faults)) {
      faultsInjected[kind as FaultKind] = (faultsInjected[kind as FaultKind] ?? 0) + count;
    }
  }
  const { seeds } = options;
  return { seeds, lost, doubled, wrongWatermarks, differentRoots, incomplete, failedSeeds, faultsInjected };
}

/** Whether nothing was lost, doubled, wrongly proven or left unproven. */
export function holds({ verdict, differentRoots, complete }: SeedResult): boolean {
  const { lost, doubled, wrongWatermarks, lettersMissing } = verdict;
  return (
    complete && differentRoots + lost.length + doubled.length + wrongWatermarks.length + lettersMissing.length === 0
  );
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
