/** A partition's processors on a simulated broker: members that die, zombies that go on, transactions whose answer is lost. */

import type { Rules } from '../../processors/epoch-roots/core/rules.ts';
import { FakeKafka, FakeMember } from '../../processors/epoch-roots/testing/fake-kafka.ts';
import type { Placed } from '../../processors/epoch-roots/testing/logs.ts';
import type { SeededRandom } from '../random.ts';

/** Members at once: the owner, and one that believes that it is. */
const MEMBERS = 2;

export class SimulatedProcessors {
  readonly kafka = new FakeKafka([]);
  readonly #rules: Rules;
  readonly #random: SeededRandom;
  /** Oldest first; the last one owns the partition. */
  readonly #members: FakeMember[] = [];

  constructor(rules: Rules, random: SeededRandom) {
    this.#rules = rules;
    this.#random = random;
  }

  get isDone(): boolean {
    return this.#members.at(-1)?.isDone === true && this.kafka.committed.offset !== undefined;
  }

  append(placed: Placed): void {
    this.kafka.append(placed);
  }

  /** Has each member do one thing. @param calm Nothing goes wrong any more. */
  async step(calm: boolean): Promise<void> {
    const random = this.#random;
    if (this.#members.length === 0 || (!calm && random.chance(0.05))) this.join();
    if (!calm && random.chance(0.03)) this.#members.splice(random.between(0, this.#members.length - 1), 1);
    for (const member of random.shuffled(this.#members)) {
      if (calm && member !== this.#members.at(-1)) continue;
      if (!calm && random.chance(0.15)) this.kafka.nextFault = random.pick(['lost', 'landed but reported lost']);
      await member.step(random.between(1, 30));
      if (random.chance(0.2)) await member.flush();
    }
    this.kafka.nextFault = 'none';
  }

  /** A new member gets the partition; the former one does not know. */
  join(): void {
    const member = new FakeMember(this.kafka, this.#rules);
    member.join();
    this.#members.push(member);
    if (this.#members.length > MEMBERS) this.#members.shift();
  }
}
