/** What the policies of simulated workers see: a treasury, and the debts of the simulated rings. */

import type { PolicyEvidence, PromisedRoot, PromiseTerms } from '../../sinks/settlement/core/policy/evidence.ts';
import { isUnreadable } from '../../sinks/settlement/core/ports.ts';
import { usedSlots } from '../../sinks/settlement/core/ring-verdict.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** Base units that each root lets be claimed. */
export const PAYOUT = 100n;

/** After a late answer nobody waits again for so long, and how long one waits for one: as of the real ones. */
const SILENCE_MS = 5000;
const ANSWER_MS = 300;

/** Every root lets 100 units be claimed unless `payouts` says otherwise, and nobody claims. */
export class SimulatedBooks implements PolicyEvidence {
  treasury = 10n ** 12n;
  answers = true;
  /** As the cut-over says. */
  publishing: 'legacy' | 'new' | null = null;
  /** Share of questions without an answer. */
  lostAnswers = 0;
  /** False: no worker hears of what another has promised. */
  sharesPromises = true;
  /** Of all workers. */
  readonly promises = new Map<string, PromisedRoot>();
  /** By the root's bytes. */
  readonly payouts = new Map<string, bigint>();
  /** Slots that the proven end is behind the head. */
  behindSlots = 0;
  /** The database takes every question and answers none: each is waited for as long as the workers wait. */
  silent = false;
  #silentUntilMs = 0;
  readonly #worlds: readonly SimulatedWorld[];
  readonly #random: () => number;

  /** @param worlds Of one deployment. */
  constructor(worlds: SimulatedWorld | readonly SimulatedWorld[], random: () => number = () => 1) {
    this.#worlds = 'clock' in worlds ? [worlds] : worlds;
    this.#random = random;
  }

  payout({ root }: { readonly root: string }): Promise<bigint> {
    return this.#answer(this.payoutOf(root));
  }

  owed(_channel: string, { root }: { readonly root: string }): Promise<bigint> {
    return this.#answer(this.payoutOf(root));
  }

  payoutOf(root: string): bigint {
    return this.payouts.get(root) ?? PAYOUT;
  }

  async books(): ReturnType<PolicyEvidence['books']> {
    const rings = (await this.#chain.accounts(this.#channels(), undefined, 'finalized')).rings;
    const debts = [...rings].flatMap(([channel, ring]) =>
      !isUnreadable(ring)
        ? usedSlots(ring).map(({ epoch, root }) => ({ channel, epoch, root, owed: this.payoutOf(root) }))
        : [],
    );
    return this.#answer({ treasury: this.treasury, debts });
  }

  async promise(mine: PromisedRoot, { fits }: PromiseTerms): Promise<readonly PromisedRoot[]> {
    await this.#answer(undefined);
    this.promises.delete(keyOf(mine));
    const others = this.sharesPromises ? [...this.promises.values()] : [];
    if (fits(others)) this.promises.set(keyOf(mine), mine);
    // Written, and nobody was told.
    return this.#answer(others);
  }

  async withdraw({ channel, epoch }: Pick<PromisedRoot, 'channel' | 'epoch'>): Promise<void> {
    await this.#answer(undefined);
    for (const [key, one] of this.promises) {
      if (one.channel === channel && one.epoch >= epoch) this.promises.delete(key);
    }
  }

  pipeline(): ReturnType<PolicyEvidence['pipeline']> {
    return this.#answer({ listenerBehindSlots: this.behindSlots, gapFromSlot: undefined, tree: 'built' as const });
  }

  publisher(): ReturnType<PolicyEvidence['publisher']> {
    return this.#answer(this.publishing);
  }

  #channels(): string[] {
    return [...new Set(this.#worlds.flatMap(({ topic }) => topic.map(({ channel }) => channel)))];
  }

  get #chain(): SimulatedWorld['chain'] {
    return (this.#worlds[0] as SimulatedWorld).chain;
  }

  #waitInVain(): never {
    const { clock } = this.#worlds[0] as SimulatedWorld;
    if (clock.nowMs >= this.#silentUntilMs) {
      clock.nowMs += ANSWER_MS;
      this.#silentUntilMs = clock.nowMs + SILENCE_MS;
    }
    throw new Error(`no answer within ${ANSWER_MS} ms`);
  }

  async #answer<T>(value: T): Promise<T> {
    if (this.silent) this.#waitInVain();
    if (!this.answers || this.#random() < this.lostAnswers) throw new Error('the database is away');
    return value;
  }
}

function keyOf({ channel, epoch, root }: PromisedRoot): string {
  return `${root}/${epoch}/${channel}`;
}
