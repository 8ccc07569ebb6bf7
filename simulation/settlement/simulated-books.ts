/** What the policies of simulated workers see: a treasury, and the debts of the simulated rings. */

import type { PolicyEvidence } from '../../sinks/settlement/core/policy/evidence.ts';
import { isUnreadable } from '../../sinks/settlement/core/ports.ts';
import { usedSlots } from '../../sinks/settlement/core/ring-verdict.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** Base units that each root lets be claimed. */
export const PAYOUT = 100n;

/** Every root lets 100 units be claimed, and nobody claims. */
export class SimulatedBooks implements PolicyEvidence {
  treasury = 10n ** 12n;
  answers = true;
  /** Share of questions without an answer. */
  lostAnswers = 0;
  readonly #world: SimulatedWorld;
  readonly #random: () => number;

  constructor(world: SimulatedWorld, random: () => number = () => 1) {
    this.#world = world;
    this.#random = random;
  }

  payout(): Promise<bigint> {
    return this.#answer(PAYOUT);
  }

  owed(): Promise<bigint> {
    return this.#answer(PAYOUT);
  }

  async books(): ReturnType<PolicyEvidence['books']> {
    const rings = (await this.#world.chain.accounts(this.#channels(), undefined, 'finalized')).rings;
    const debts = [...rings].flatMap(([channel, ring]) =>
      !isUnreadable(ring) ? usedSlots(ring).map(({ epoch, root }) => ({ channel, epoch, root, owed: PAYOUT })) : [],
    );
    return this.#answer({ treasury: this.treasury, debts });
  }

  pipeline(): ReturnType<PolicyEvidence['pipeline']> {
    return this.#answer({ listenerBehindSlots: 0, gapFromSlot: undefined, tree: 'built' as const });
  }

  #channels(): string[] {
    return [...new Set(this.#world.topic.map(({ channel }) => channel))];
  }

  async #answer<T>(value: T): Promise<T> {
    if (!this.answers || this.#random() < this.lostAnswers) throw new Error('the database is away');
    return value;
  }
}
