/** How many slots later the roots of other channels come on chain because some are held: two runs of the same roots, without chance. */

import { DecisionBook } from '../../sinks/settlement/core/policy/decision-book.ts';
import { NO_POLICIES } from '../../sinks/settlement/core/policy/policies.ts';
import { SeededRandom } from '../random.ts';
import { SimulatedBooks } from './simulated-books.ts';
import { ALPENGLOW_SLOTS, TOWER_SLOTS } from './simulated-chain.ts';
import { SimulatedWorld } from './simulated-world.ts';

/** Long enough for every root that nothing holds. */
const RUN_MS = 180_000;
const STEP_MS = 50;

export interface HeldDelay {
  readonly seed: number;
  /** Roots of channels that nothing holds. */
  readonly roots: number;
  /** Of those, how many never came on chain. */
  readonly missing: number;
  /**
   * The most by which one of them came later than without the held channels, in slots of 400 ms. From when its turn came: what the root
   * before it of its channel came later is not counted again.
   */
  readonly slots: number;
}

/**
 * Some channels are held by every kind of policy, among them by a database that takes questions and answers none; the others must not
 * notice.
 */
export async function heldDelay(seed: number): Promise<HeldDelay> {
  const [alone, beside] = [await landings(seed, false), await landings(seed, true)];
  const delays = [...alone].map(([channel, slots]) => {
    const late = slots.map((slot, n) => (beside.get(channel)?.[n] ?? Number.NaN) - slot);
    return late.map((delay, n) => delay - (late[n - 1] ?? 0));
  });
  const landed = delays.flat().filter(Number.isFinite);
  const roots = delays.flat().length;
  return { seed, roots, missing: roots - landed.length, slots: Math.max(0, ...landed) };
}

const HOLDERS = ['denied', 'person', 'small', 'silent'] as const;

/** Slots of the roots of each channel that nothing holds, in their order. @param withHeld Whether the others are there too. */
async function landings(seed: number, withHeld: boolean): Promise<Map<string, number[]>> {
  const random = new SeededRandom(seed);
  const world = new SimulatedWorld(() => 0.5);
  world.chain.finalitySlots = random.chance(0.5) ? ALPENGLOW_SLOTS : TOWER_SLOTS;
  world.chain.version1 = random.pick(['gated', 'taken']);
  const free = Array.from({ length: random.between(1, 6) }, (_, n) => `free-${n}`);
  const held = Array.from({ length: random.between(1, 6) }, (_, n) => ({
    ...{ channel: `held-${n}`, by: random.pick(HOLDERS), first: random.chance(0.5) },
  }));
  const decisions = new DecisionBook();
  const books = new SimulatedBooks(world);
  Object.assign(world, { decisions, evidence: books });
  books.silent = withHeld && held.some(({ by }) => by === 'silent');
  const denied = held.filter(({ by }) => by === 'denied').map(({ channel }) => channel);
  const policies = {
    ...{ ...NO_POLICIES, minimumClaims: 2, channels: { allowed: new Set<string>(), denied: new Set(denied) } },
    solvency: 'report' as const,
  };
  for (const { channel, by } of held) {
    const decision = { action: 'HOLD', channel, epoch: null, root: null, who: 'ada', why: 'looked at', at: 0 } as const;
    if (by === 'person') decisions.add(decision);
  }
  const worker = world.startWorker({ policies, maxRootsPerTransaction: random.pick([1, 4, 60]), holdRetryMs: 2000 });
  const waves = random.between(1, 3);
  for (let epoch = 1n; epoch <= waves; epoch += 1n) {
    const ofHeld = withHeld ? held : [];
    for (const one of ofHeld) if (one.first) addHeld(world, one, epoch);
    for (const channel of free) world.addRoot(channel, epoch);
    for (const one of ofHeld) if (!one.first) addHeld(world, one, epoch);
    await run(world, worker, random.between(500, 20_000));
  }
  await run(world, worker, RUN_MS);
  const slotOf = (channel: string, n: number): number =>
    world.chain.publications(channel, BigInt(n + 1))[0]?.height ?? Number.NaN;
  return new Map(free.map((channel) => [channel, Array.from({ length: waves }, (_, n) => slotOf(channel, n))]));
}

function addHeld(world: SimulatedWorld, { channel, by }: { channel: string; by: string }, epoch: bigint): void {
  world.addRoot(channel, epoch, undefined, undefined, by === 'small' ? 1 : 3);
}

async function run(
  world: SimulatedWorld,
  worker: ReturnType<SimulatedWorld['startWorker']>,
  durationMs: number,
): Promise<void> {
  const endMs = world.clock.nowMs + durationMs;
  for (; world.clock.nowMs < endMs; world.clock.nowMs += STEP_MS) await worker.step();
}
