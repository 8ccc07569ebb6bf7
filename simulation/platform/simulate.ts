/**
 * The platform's cores in one process on one seed: listeners on a simulated chain, processors and sinks behind them, the settlement worker
 * and gateways behind those. Judged in the end: every claim of the chain in exactly one root, every root on chain once, the rows equal,
 * every subscriber told of every root once. The same seed gives the same run.
 */

import { createHash } from 'node:crypto';
import { RULES } from '../../processors/epoch-roots/testing/records.ts';
import { KINDS, type Kind, runPlan, worldOf } from '../ingest/simulate.ts';
import type { SimulatedClock } from '../ingest/simulated-clock.ts';
import { PARTITIONS, type SimulatedTopic, type TopicRecord } from '../ingest/simulated-topic.ts';
import { SeededRandom } from '../random.ts';
import { judgeSettled } from '../settlement/judge.ts';
import { NO_CHAIN_FAULTS } from '../settlement/simulated-chain.ts';
import { SimulatedWorld, type Worker } from '../settlement/simulated-world.ts';
import { SimulatedGateway } from './simulated-gateway.ts';
import { SimulatedProcessors } from './simulated-processors.ts';
import { SimulatedSink } from './simulated-sink.ts';

/** Epochs as the judge of the listeners has them, numbered from 1: a ring holds no epoch 0. */
const PLATFORM_RULES = { ...RULES, schedule: { durationSlots: 50, base: 1n } };
const HOUR_MS = 3_600_000;
const STEP_MS = 400;

/** What keeps things exactly once. Switched off to see that the judge notices. */
export type Guard = 'fencing' | 'ledger before sending' | 'cursors';

export interface PlatformResult {
  readonly seed: number;
  readonly kind: Kind;
  readonly wrong: readonly string[];
  readonly roots: number;
  readonly simulatedMs: number;
  /** Of everything that the run has written, in order: equal for equal runs. */
  readonly fingerprint: string;
}

export async function simulatePlatform(seed: number, without?: Guard): Promise<PlatformResult> {
  const random = new SeededRandom(seed + 4);
  const kind = random.pick(KINDS.slice(0, 4));
  const { history, plan } = worldOf(seed, kind);
  const platform = new Platform(random, new SeededRandom(seed + 5), without);
  const end = new AbortController();
  let running: Promise<void> | undefined;
  const surroundings = {
    skewMs: random.pick([0, -HOUR_MS, HOUR_MS]),
    begin: (topic: SimulatedTopic, clock: SimulatedClock) => (running = platform.run(topic, clock, end.signal)),
  };
  const { verdict, complete } = await runPlan(history, plan, new SeededRandom(seed + 1), surroundings);
  end.abort();
  await running;
  await platform.finish(history.lastSlot, history.blockTime(history.lastSlot));
  const { world, simulatedMs, fingerprint } = platform;
  const wrong = [...platform.judge(verdict.roots), ...judgeSettled(world)];
  if (!complete) wrong.push('the watermark did not reach the end');
  for (const name of ['lost', 'doubled', 'wrongWatermarks', 'lettersMissing'] as const)
    if (verdict[name].length > 0) wrong.push(`${name}: ${verdict[name].join(', ')}`);
  return { seed, kind, wrong, roots: world.topic.length, simulatedMs, fingerprint };
}

class Platform {
  readonly world: SimulatedWorld;
  simulatedMs = 0;
  readonly #random: SeededRandom;
  readonly #processors: readonly SimulatedProcessors[];
  readonly #sinks: readonly SimulatedSink[];
  readonly #gateway: SimulatedGateway;
  /** Roots of each partition that the settlement worker was given. */
  readonly #given = Array.from({ length: PARTITIONS }, () => 0);
  #worker: Worker | undefined;
  #read = 0;

  constructor(random: SeededRandom, ofGateway: SeededRandom, without: Guard | undefined) {
    this.#random = random;
    this.#gateway = new SimulatedGateway(PARTITIONS, ofGateway);
    this.#gateway.keepsCursors = without !== 'cursors';
    this.#processors = Array.from({ length: PARTITIONS }, () => new SimulatedProcessors(PLATFORM_RULES, random));
    this.#sinks = Array.from({ length: PARTITIONS }, () => new SimulatedSink(PLATFORM_RULES, random));
    for (const { kafka } of this.#processors) kafka.fences = without !== 'fencing';
    this.world = new SimulatedWorld(random.next);
    this.world.keepsPending = without !== 'ledger before sending';
    // A ring that takes the same epoch twice shows a second publication, which the program would only refuse.
    this.world.chain.enforcesRing = false;
    const share = (most: number): number => (random.chance(0.3) ? 0 : random.next() * most);
    const shares = { lostAnswers: share(0.2), lostSends: share(0.5), slowSends: share(0.3), forgetful: share(0.5) };
    this.world.chain.faults = { ...NO_CHAIN_FAULTS, ...shares, lagging: share(0.2), forks: share(0.1) };
  }

  /** Runs beside the listeners, on their clock. */
  async run(topic: SimulatedTopic, clock: SimulatedClock, signal: AbortSignal): Promise<void> {
    const startedMs = this.world.clock.nowMs;
    try {
      for (;;) {
        await clock.sleep(STEP_MS, signal);
        this.#take(topic.records);
        this.world.clock.nowMs = startedMs + clock.nowMs();
        await clock.atOnce(() => this.#step(false));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    this.#take(topic.records);
  }

  /** The chain goes on until every epoch has ended long enough ago, and nothing goes wrong any more. */
  async finish(lastSlot: number, blockTime: number): Promise<void> {
    const closing = { source: 'closing', fromSlot: lastSlot + 1, slot: lastSlot + 200, blockTime: blockTime + 1000 };
    const value = { ...closing, method: 'simulated', signatures: 0, endpoint: 'simulated' };
    for (const processors of this.#processors)
      processors.append({ offset: processors.kafka.end + 1, input: { name: 'SlotWatermark', value } });
    for (const processors of this.#processors) processors.join();
    for (let steps = 0; steps < 5000 && !this.#isTakenIn(); steps += 1) await this.#step(true);
    await this.world.run([this.#nextWorker()], () => this.#nextWorker(), 100 * HOUR_MS);
    this.simulatedMs = this.world.clock.nowMs;
  }

  /** @param expected Channel and index of the epoch to root. */
  judge(expected: ReadonlyMap<string, string>): string[] {
    const wrong: string[] = [];
    if (!this.#isTakenIn()) wrong.push('not everything was taken in');
    const emitted = this.#processors.flatMap(({ kafka }) => kafka.roots);
    const rows = new Map(this.#sinks.flatMap((sink) => [...sink.roots()]));
    const keys = new Set([...expected.keys()].map(ofNumber));
    for (const { channel, epoch } of emitted)
      if (!keys.has(`${channel}/${epoch}`)) wrong.push(`root ${channel}/${epoch} of no claims`);
    for (const [index, root] of expected) {
      const key = ofNumber(index);
      const found = emitted.filter(({ channel, epoch }) => `${channel}/${epoch}` === key);
      if (found.length !== 1) wrong.push(`${found.length} roots of ${key}`);
      if (found.some((each) => each.root !== root)) wrong.push(`the root of ${key} is another one`);
      if (rows.get(key) !== root) wrong.push(`the rows of ${key} give another root`);
    }
    return [...wrong, ...this.#gateway.judge(this.world)];
  }

  /** Signatures are left out: they are numbered through all runs of a process. */
  get fingerprint(): string {
    const text = (value: unknown): string =>
      JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}` : part));
    const hash = createHash('sha256');
    for (const { kafka } of this.#processors) hash.update(text([kafka.written, kafka.committed]));
    for (const sink of this.#sinks) hash.update(text([...sink.roots()]));
    for (const { record } of this.world.ledger) hash.update(text({ ...record, signature: null }));
    return hash.digest('hex').slice(0, 16);
  }

  #take(records: readonly TopicRecord[]): void {
    for (; this.#read < records.length; this.#read += 1) {
      const { partition, offset, content } = records[this.#read] as TopicRecord;
      const input =
        content.kind === 'event'
          ? ({ name: 'StreamEvent', value: content.event } as const)
          : ({ name: 'SlotWatermark', value: content.watermark } as const);
      this.#processors[partition]?.append({ offset, input });
    }
  }

  async #step(calm: boolean): Promise<void> {
    for (const [partition, processors] of this.#processors.entries()) {
      await processors.step(calm);
      this.#sinks[partition]?.step(processors.kafka.log, calm);
      const { roots } = processors.kafka;
      for (const { channel, epoch, root } of roots.slice(this.#given[partition]))
        this.world.addRoot(channel, epoch, root);
      await this.#gateway.step(partition, roots, calm);
      this.#given[partition] = roots.length;
    }
    if (this.#worker === undefined || this.#worker.dead) this.#worker = this.#nextWorker();
    if (!calm) await this.#worker.step();
  }

  #nextWorker(): Worker {
    const dies = this.#random.chance(0.7);
    const crash = { call: this.#random.between(1, 120), after: this.#random.chance(0.5) };
    return this.world.startWorker({}, dies ? crash : undefined);
  }

  #isTakenIn(): boolean {
    const areRead = this.#sinks.every(({ position }, i) => position === this.#processors[i]?.kafka.log.length);
    return areRead && this.#processors.every(({ isDone }) => isDone);
  }
}

function ofNumber(index: string): string {
  const at = index.lastIndexOf('/');
  return `${index.slice(0, at)}/${BigInt(index.slice(at + 1)) + PLATFORM_RULES.schedule.base}`;
}
