/** What becomes of each root in a simulation with policies and people: planned, so that it can be judged without asking the code that decides. */

import type { DecisionBook } from '../../sinks/settlement/core/policy/decision-book.ts';
import { NO_POLICIES, type PolicySettings } from '../../sinks/settlement/core/policy/policies.ts';
import type { SeededRandom } from '../random.ts';
import { PAYOUT, type SimulatedBooks } from './simulated-books.ts';
import { rootHex, type SimulatedWorld } from './simulated-world.ts';

export interface PlannedRoot {
  readonly world: SimulatedWorld;
  readonly channel: string;
  readonly epoch: bigint;
  readonly root: string;
  /** What stands against it for ever, by code; `published`: nothing does in the end; `conflict`: the chain holds another root for its epoch. */
  fate: string;
  /** People let it go, whatever policies say. */
  approved: boolean;
}

type Decision = Parameters<DecisionBook['add']>[0];

/** Something that happens once. */
export interface Happening {
  readonly atMs: number;
  readonly channel: string | undefined;
  happen(): void;
}

export interface Plan {
  readonly roots: PlannedRoot[];
  readonly happenings: Happening[];
  readonly policies: PolicySettings;
  /** What is let go of without approval must fit into it, at the end. */
  readonly solvencyHolds: boolean;
}

/** Everything that time changes has changed by then. */
export const PLAN_MS = 600_000;
const PEOPLE = ['ada', 'grace'] as const;
const COSTLY = 1000n * PAYOUT;
const KINDS = ['free', 'free', 'denied', 'held', 'costly', 'small', 'conflict'] as const;
type Kind = (typeof KINDS)[number];

export class Planner {
  readonly #random: SeededRandom;
  readonly #book: DecisionBook;
  readonly #books: SimulatedBooks;
  readonly #startMs: number;
  readonly #roots: PlannedRoot[] = [];
  readonly #happenings: Happening[] = [];
  readonly #denied = new Set<string>();

  constructor(random: SeededRandom, book: DecisionBook, books: SimulatedBooks, startMs: number) {
    this.#random = random;
    this.#book = book;
    this.#books = books;
    this.#startMs = startMs;
  }

  plan(worlds: readonly SimulatedWorld[]): Plan {
    for (const world of worlds) {
      const channels = this.#random.between(1, 3);
      for (let n = 0; n < channels; n += 1) this.#channel(world, `channel-${world.partition}-${n}`);
    }
    const approvals = this.#random.chance(0.2) ? 'required' : 'off';
    if (approvals === 'required') this.#askForApprovals();
    const lagSlots = this.#random.chance(0.4) ? 10 : undefined;
    if (lagSlots !== undefined) this.#lag();
    const solvency = this.#random.pick(['off', 'report', 'hold', 'hold'] as const);
    if (solvency === 'hold') this.#treasury();
    return {
      ...{ roots: this.#roots, happenings: this.#happenings, solvencyHolds: solvency === 'hold' },
      policies: {
        ...NO_POLICIES,
        ...{ approvals, solvency, lagSlots, maxAmount: PAYOUT, minimumClaims: 2 },
        channels: { allowed: new Set(), denied: this.#denied },
        ...(this.#random.chance(0.3) ? { lamportsPerDay: 10n ** 12n, claimWindowMs: 60_000 } : {}),
      },
    };
  }

  #channel(world: SimulatedWorld, channel: string): void {
    const kind = this.#random.pick(KINDS);
    const epochs = this.#random.between(1, 3);
    const special = BigInt(this.#random.between(1, epochs));
    const roots: PlannedRoot[] = [];
    for (let epoch = 1n; epoch <= epochs; epoch += 1n) {
      const root = rootHex(channel, epoch);
      const isSmall = kind === 'small' && epoch === special;
      if (kind === 'costly' && epoch === special) this.#books.payouts.set(root, COSTLY);
      world.addRoot(channel, epoch, root, Number(epoch) * 10, isSmall ? 1 : 3);
      roots.push({ world, channel, epoch, root, fate: 'published', approved: false });
    }
    const at = roots[Number(special) - 1] as PlannedRoot;
    this.#decide(kind, at, roots);
    this.#roots.push(...roots);
  }

  #decide(kind: Kind, at: PlannedRoot, roots: readonly PlannedRoot[]): void {
    const agreed = this.#random.chance(0.6);
    if (kind === 'denied') {
      this.#denied.add(at.channel);
      for (const root of roots) {
        if (agreed) this.#approve(root, PEOPLE);
        else root.fate = 'POLICY_CHANNEL_DENIED';
      }
    } else if (kind === 'held') {
      this.#say({ action: 'HOLD', channel: at.channel, epoch: null, root: null }, 'ada', true);
      this.#say({ action: 'RELEASE', channel: at.channel, epoch: null, root: null }, 'ada');
      if (agreed) this.#say({ action: 'RELEASE', channel: at.channel, epoch: null, root: null }, 'grace');
      else for (const root of roots) root.fate = 'POLICY_HELD_BY_PERSON';
    } else if (kind === 'costly' || kind === 'small') {
      this.#approve(at, agreed ? PEOPLE : this.#random.pick([[], ['ada']]));
      if (!agreed) at.fate = kind === 'costly' ? 'POLICY_AMOUNT_TOO_HIGH' : 'POLICY_TOO_FEW_CLAIMS';
    } else if (kind === 'conflict') {
      at.world.chain.preset(at.channel, at.epoch, 'ee'.repeat(32));
      this.#books.payouts.set('ee'.repeat(32), 0n);
      at.fate = 'conflict';
      for (const who of agreed ? PEOPLE : PEOPLE.slice(0, 1)) {
        this.#say({ action: 'GIVE_UP', channel: at.channel, epoch: at.epoch, root: null }, who);
      }
      if (!agreed) for (const root of roots) if (root.epoch > at.epoch) root.fate = 'CHANNEL_STOPPED';
      // What is older than what the ring holds follows the ring's slots, not the order of epochs.
    }
  }

  #approve(root: PlannedRoot, people: readonly string[]): void {
    const { channel, epoch, root: bytes } = root;
    for (const who of people) this.#say({ action: 'APPROVE', channel, epoch, root: bytes }, who);
    root.approved = people.length >= this.#book.persons;
  }

  #say(decision: Pick<Decision, 'action' | 'channel' | 'epoch' | 'root'>, who: string, atOnce = false): void {
    const atMs = atOnce ? this.#startMs : this.#time();
    const happen = (): void => this.#book.add({ ...decision, who, why: 'looked at', at: atMs });
    this.#happenings.push({ atMs, channel: decision.channel, happen });
  }

  #time(): number {
    return this.#startMs + 1 + this.#random.between(0, PLAN_MS - 1);
  }

  /** Every root needs two people; those of one channel of three wait for the second for ever. */
  #askForApprovals(): void {
    for (const [channel, roots] of Map.groupBy(this.#roots, (root) => root.channel)) {
      const agreed = !channel.endsWith('2');
      for (const root of roots) {
        if (root.approved || root.fate !== 'published') continue;
        this.#approve(root, agreed ? PEOPLE : ['grace']);
        if (!agreed) root.fate = 'POLICY_NOT_APPROVED';
      }
    }
  }

  #lag(): void {
    this.#books.behindSlots = 1000;
    const happen = (): void => void (this.#books.behindSlots = 5);
    this.#happenings.push({ atMs: this.#time(), channel: undefined, happen });
  }

  /** Too little at first; enough in the end, or for ever enough for some. */
  #treasury(): void {
    const payouts = this.#roots.map(({ root }) => this.#books.payoutOf(root));
    const usual = payouts.filter((payout) => payout === PAYOUT).length;
    this.#books.treasury = PAYOUT * BigInt(this.#random.between(0, Math.max(1, usual - 1)));
    if (this.#random.chance(0.5)) {
      const all = payouts.reduce((sum, payout) => sum + payout, 0n);
      const happen = (): void => void (this.#books.treasury = all);
      this.#happenings.push({ atMs: this.#time(), channel: undefined, happen });
    } else {
      for (const root of this.#roots) if (root.fate === 'published' && !root.approved) root.fate = 'POLICY_INSOLVENT';
    }
  }
}
