/** Runs seeds of the sending simulation: workers that die, lost answers, lost sends, nodes that lag or lack methods, forks, policies that do not see, signers that do not sign. */

import { DecisionBook } from '../../sinks/settlement/core/policy/decision-book.ts';
import { NO_POLICIES, type PolicySettings } from '../../sinks/settlement/core/policy/policies.ts';
import { SeededRandom } from '../random.ts';
import { judgeSettled } from './judge.ts';
import { PAYOUT, SimulatedBooks } from './simulated-books.ts';
import { type ChainFaults, NO_CHAIN_FAULTS, SimulatedTransactions } from './simulated-chain.ts';
import { type CrashPoint, SimulatedWorld } from './simulated-world.ts';

/** Simulated time within which everything must be settled. */
const LIMIT_MS = 100 * 3_600_000;

export interface SeedResult {
  readonly seed: number;
  readonly wrong: readonly string[];
  readonly roots: number;
}

export async function simulateSeed(seed: number): Promise<SeedResult> {
  const random = new SeededRandom(seed);
  const world = new SimulatedWorld(random.next);
  const [channels, epochs] = [random.between(1, 4), random.between(1, 3)];
  for (let epoch = 1; epoch <= epochs; epoch += 1) {
    for (let channel = 0; channel < channels; channel += 1) world.addRoot(`channel-${channel}`, BigInt(epoch));
  }
  // A ring that takes the same epoch twice shows a second publication, which the program would only refuse.
  world.chain.enforcesRing = random.chance(0.5);
  world.chain.faults = faultsOf(random);
  world.chain.version1 = random.pick(['gated', 'taken', 'refused', 'lost']);
  for (const method of ['recentPriorityFees', 'rentExemptLamports', 'cost'] as const) {
    if (random.chance(0.15)) world.chain.lacks(method);
  }
  const crashes = Array.from({ length: random.between(0, 4) }, (): CrashPoint => {
    return { call: random.between(1, 120), after: random.chance(0.5) };
  });
  const policies = policiesFor(random, world);
  const transactions = new SimulatedTransactions();
  const silentSigner = random.chance(0.5) ? 0 : random.next() * 0.5;
  transactions.signs = () => random.next() >= silentSigner;
  const noticed = random.chance(0.5) ? 0 : random.next() * 0.3;
  world.notices = () => random.next() < noticed;
  const next = (): ReturnType<SimulatedWorld['startWorker']> =>
    world.startWorker({ policies }, crashes.shift(), transactions);
  await world.run([next()], next, LIMIT_MS);
  return { seed, wrong: judgeSettled(world), roots: world.topic.length };
}

/** In two seeds of three policies that every root passes in the end, and that often see nothing. */
function policiesFor(random: SeededRandom, world: SimulatedWorld): PolicySettings {
  if (random.chance(0.33)) return NO_POLICIES;
  const books = new SimulatedBooks(world, random.next);
  books.lostAnswers = random.chance(0.3) ? 0 : random.next() * 0.5;
  books.treasury = PAYOUT * BigInt(world.topic.length);
  world.evidence = books;
  return {
    ...NO_POLICIES,
    ...(random.chance(0.5) ? { maxAmount: PAYOUT } : {}),
    ...(random.chance(0.5) ? { solvency: 'hold' as const } : { solvency: 'report' as const }),
    ...(random.chance(0.5) ? { lagSlots: 10 } : {}),
    ...(random.chance(0.5) ? { claimWindowMs: 600_000 } : {}),
    ...(random.chance(0.5) ? { countGuard: { least: 0.3, most: 5 } } : {}),
    ...(random.chance(0.5) ? { approvals: approvedByTwo(world) } : {}),
  };
}

/** Every root needs two people, who have approved it. */
function approvedByTwo(world: SimulatedWorld): 'required' {
  world.decisions = new DecisionBook(2);
  for (const { channel, epoch, root } of world.topic) {
    for (const who of ['ada', 'grace']) {
      world.decisions.add({ action: 'APPROVE', channel, epoch, root, who, why: 'looked at', at: 0 });
    }
  }
  return 'required';
}

/** Faults of a cluster, each there or not. */
export function faultsOf(random: SeededRandom): ChainFaults {
  const share = (most: number): number => (random.chance(0.3) ? 0 : random.next() * most);
  return {
    ...NO_CHAIN_FAULTS,
    lostAnswers: share(0.3),
    lostSends: share(0.95),
    slowSends: share(0.3),
    forgetful: share(0.9),
    lagging: share(0.3),
    forks: share(0.1),
  };
}
