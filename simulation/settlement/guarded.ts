/**
 * Runs seeds of the sending simulation with everything that may speak against a root: policies that hold, people that decide by twos while it runs,
 * a treasury that is short, a listener that lags; two workers with a partition each, that die, and that are taken over without noticing;
 * signer outages, a database that does not answer, and a cluster of TowerBFT or Alpenglow with its faults.
 */

import { DecisionBook } from '../../sinks/settlement/core/policy/decision-book.ts';
import { SeededRandom } from '../random.ts';
import { judgeGuarded } from './guarded-judge.ts';
import { type Happening, PLAN_MS, type Plan, Planner } from './guarded-plan.ts';
import { faultsOf } from './simulate.ts';
import { SimulatedBooks } from './simulated-books.ts';
import { ALPENGLOW_SLOTS, NO_CHAIN_FAULTS, SimulatedTransactions, TOWER_SLOTS } from './simulated-chain.ts';
import { SimulatedWorld, type Worker } from './simulated-world.ts';

const HOLD_RETRY_MS = 20_000;
/** After the last change and the last fault, within which everything must be as planned. */
const QUIET_MS = 4 * 3_600_000;
/** So long it must stay so. */
const STAYS_MS = 120_000;
const LOOK_MS = 30_000;
const OUTAGES = 3;

export interface GuardedResult {
  readonly seed: number;
  readonly wrong: readonly string[];
  readonly roots: number;
  readonly published: number;
  readonly held: number;
  readonly consensus: 'TowerBFT' | 'Alpenglow';
}

/** What of the code is switched off, to see that the judge finds it. */
export type GuardedMutant = 'ownPromisesOnly' | 'noPending';

export async function simulateGuarded(seed: number, mutant?: GuardedMutant): Promise<GuardedResult> {
  const random = new SeededRandom(seed);
  const first = new SimulatedWorld(random.next);
  const worlds = [first, new SimulatedWorld(random.next, first)];
  const { chain, clock } = first;
  const isAlpenglow = random.chance(0.5);
  chain.finalitySlots = isAlpenglow ? ALPENGLOW_SLOTS : TOWER_SLOTS;
  chain.version1 = random.pick(['gated', 'taken', 'refused']);
  const books = new SimulatedBooks(worlds, random.next);
  books.sharesPromises = mutant !== 'ownPromisesOnly';
  const decisions = new DecisionBook(2);
  for (const world of worlds) {
    Object.assign(world, { evidence: books, decisions, keepsPending: mutant !== 'noPending' });
  }
  const plan = new Planner(random, decisions, books, clock.nowMs).plan(worlds);
  chain.faults = faultsOf(random);
  books.lostAnswers = random.chance(0.3) ? 0 : random.next() * 0.5;
  const run = new GuardedRun(random, worlds, plan);
  await run.until(clock.nowMs + PLAN_MS);
  chain.faults = NO_CHAIN_FAULTS;
  books.lostAnswers = 0;
  run.calm();
  const wrong = await run.settle(() => judgeGuarded(plan, worlds, books));
  const isPublished = ({ channel, epoch }: Plan['roots'][number]): boolean =>
    chain.publications(channel, epoch).length > 0;
  const published = plan.roots.filter(isPublished).length;
  const counts = { roots: plan.roots.length, published, held: plan.roots.length - published };
  return { seed, wrong, ...counts, consensus: isAlpenglow ? 'Alpenglow' : 'TowerBFT' };
}

class GuardedRun {
  readonly #random: SeededRandom;
  readonly #worlds: readonly SimulatedWorld[];
  readonly #plan: Plan;
  readonly #transactions = new SimulatedTransactions();
  readonly #outages: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly #workers: { readonly world: SimulatedWorld; worker: Worker }[];
  /** Of partitions that another has by now, which they do not know. */
  readonly #unaware: Worker[] = [];
  #happenings: Happening[];
  #isCalm = false;

  constructor(random: SeededRandom, worlds: readonly SimulatedWorld[], plan: Plan) {
    this.#random = random;
    this.#worlds = worlds;
    this.#plan = plan;
    this.#happenings = [...plan.happenings].sort((a, b) => a.atMs - b.atMs);
    const { clock } = this.#worlds[0] as SimulatedWorld;
    this.#outages = Array.from({ length: random.between(0, OUTAGES) }, () => {
      const fromMs = clock.nowMs + random.between(0, PLAN_MS);
      return { fromMs, toMs: fromMs + random.between(1000, 120_000) };
    });
    this.#transactions.signs = () =>
      this.#isCalm || !this.#outages.some(({ fromMs, toMs }) => fromMs <= clock.nowMs && clock.nowMs < toMs);
    this.#workers = worlds.map((world) => ({ world, worker: this.#start(world) }));
  }

  /** No more faults of workers. */
  calm(): void {
    this.#isCalm = true;
    for (const worker of this.#unaware) worker.dead = true;
  }

  #start(world: SimulatedWorld): Worker {
    const crash = this.#random.chance(0.6) && !this.#isCalm;
    const settings = { policies: this.#plan.policies, holdRetryMs: HOLD_RETRY_MS, worker: `worker-${world.partition}` };
    const point = { call: this.#random.between(1, 400), after: this.#random.chance(0.5) };
    return world.startWorker(settings, crash ? point : undefined, this.#transactions);
  }

  async until(endMs: number): Promise<void> {
    const { clock } = this.#worlds[0] as SimulatedWorld;
    while (clock.nowMs < endMs) {
      this.#happen(clock.nowMs);
      await this.#step();
      const wake = Math.min(...this.#workers.map(({ worker }) => worker.settler.nextWakeMs));
      clock.nowMs = Math.max(clock.nowMs + 100, Math.min(wake, clock.nowMs + 2000));
    }
  }

  /** Until nothing is wrong and stays so, at most for the quiet time. */
  async settle(judge: () => string[]): Promise<string[]> {
    const { clock } = this.#worlds[0] as SimulatedWorld;
    const endMs = clock.nowMs + QUIET_MS;
    do await this.until(clock.nowMs + LOOK_MS);
    while (judge().length > 0 && clock.nowMs < endMs);
    await this.until(clock.nowMs + STAYS_MS);
    return judge();
  }

  #happen(nowMs: number): void {
    const due = this.#happenings.filter(({ atMs }) => atMs <= nowMs);
    this.#happenings = this.#happenings.filter(({ atMs }) => atMs > nowMs);
    for (const { channel, happen } of due) {
      happen();
      for (const { worker } of this.#workers) if (channel !== undefined) worker.settler.decided(channel);
    }
  }

  async #step(): Promise<void> {
    for (const place of this.#workers) {
      await place.worker.step();
      const isTakenOver = !this.#isCalm && this.#random.chance(0.002);
      if (isTakenOver && !place.worker.dead) {
        place.worker.fenced = true;
        this.#unaware.push(place.worker);
      }
      if (place.worker.dead || isTakenOver) place.worker = this.#start(place.world);
    }
    for (const worker of this.#unaware) {
      if (worker.dead) continue;
      await worker.step();
      if (this.#random.chance(0.01)) worker.dead = true;
    }
  }
}
