/** Asks the policies about roots that the chain would take, and says what publishing them promises and evicts. */

import { messageOf } from '../../../../runtime/errors.ts';
import type { Lane, PlacedRoot } from '../lane.ts';
import { feesOfDay } from '../paid-fees.ts';
import type { Ring, SettlerPorts } from '../ports.ts';
import { usedSlots } from '../ring-verdict.ts';
import type { RootToSettle } from '../root-job.ts';
import { letGoBy, missingApproval, personalHold } from './approval.ts';
import { DecisionBook } from './decision-book.ts';
import type { PolicyEvidence, PromisedRoot, RingDebt } from './evidence.ts';
import { judgePolicies, lookUpsOf, type PolicySettings, policiesOf } from './policies.ts';
import {
  type EvictedRoot,
  type Known,
  type LookedUp,
  type Policy,
  type PolicyFacts,
  type PolicyReason,
  type SolvencyView,
  unseen,
} from './policy.ts';
import { insolvency } from './solvency.ts';

/** Published roots of a channel that the next one is compared with. */
const RECENT_ROOTS = 10;
const NOT_ASKED = { unknown: 'no policy that is switched on asks for it' };

/** What the rings owe, and how the books stand with the promises of others. */
interface Beside {
  readonly debts: readonly RingDebt[];
  beside(others: readonly PromisedRoot[]): Known<SolvencyView>;
}

export class PolicyGuard {
  readonly #ports: Pick<SettlerPorts, 'now' | 'observe'>;
  readonly #evidence: PolicyEvidence | undefined;
  readonly #book: DecisionBook;
  readonly #approvals: PolicySettings['approvals'];
  /** Whether the treasury's money is promised to one worker at a time. */
  readonly #sharesPromises: boolean;
  readonly #policies: readonly Policy[];
  readonly #lookUps: ReadonlySet<LookedUp>;
  /** Roots that were let go and that the rings may not show yet, with what they let be claimed. */
  readonly #underWay = new Map<PlacedRoot, bigint>();
  readonly #told = new WeakSet<PlacedRoot>();
  /** Roots of which no promise stands, as far as this worker has done it. */
  readonly #unpromised = new WeakSet<PlacedRoot>();

  constructor(ports: Pick<SettlerPorts, 'now' | 'observe' | 'evidence' | 'decisions'>, settings: PolicySettings) {
    this.#ports = ports;
    this.#evidence = ports.evidence;
    this.#book = ports.decisions ?? new DecisionBook();
    this.#approvals = settings.approvals;
    this.#sharesPromises = settings.solvency === 'hold';
    this.#policies = policiesOf(settings);
    const told: LookedUp[] = settings.solvency === 'off' || ports.evidence === undefined ? [] : ['solvency', 'evicted'];
    this.#lookUps = new Set([...lookUpsOf(this.#policies), ...told]);
  }

  /** Why a root must not be published now; undefined when no policy is against it. Says once what letting it go means. */
  async whyNot(at: PlacedRoot, ring: Ring, lanes: readonly Lane[]): Promise<PolicyReason | undefined> {
    const reason = await this.#reasonAgainst(at, ring, lanes);
    if (reason !== undefined && this.#sharesPromises) await this.#withdraw(at);
    return reason;
  }

  async #reasonAgainst(at: PlacedRoot, ring: Ring, lanes: readonly Lane[]): Promise<PolicyReason | undefined> {
    const { root } = at;
    const held = personalHold(root, this.#book);
    if (held !== undefined) return held;
    this.#underWay.delete(at);
    const { facts, debts, beside } = await this.#factsOf(at, ring, lanes);
    const isApproved = this.#book.isApproved(root);
    let reason = isApproved ? undefined : this.#judge(facts);
    if (reason === undefined && this.#sharesPromises) {
      this.#unpromised.delete(at);
      reason = await this.#promise(facts, { debts, beside, isApproved });
    }
    if (reason === undefined) this.#letGo(at, facts);
    return reason;
  }

  /** What is held must not keep money from others, also where a former worker promised it, or nobody was told that it was promised. */
  async #withdraw(at: PlacedRoot): Promise<void> {
    if (this.#unpromised.has(at)) return;
    const done = await this.#known((evidence) => evidence.withdraw(at.root));
    if ('value' in done) this.#unpromised.add(at);
  }

  /**
   * The last word before a root goes: its money must be free beside what every other worker has promised too. What people approved is
   * promised all the same, so that the others count it.
   */
  async #promise(
    { root, payout }: PolicyFacts,
    { debts, beside, isApproved }: Beside & { readonly isApproved: boolean },
  ): Promise<PolicyReason | undefined> {
    if ('unknown' in payout) return isApproved ? undefined : unseen('solvency', payout.unknown);
    const against = (others: readonly PromisedRoot[]): PolicyReason | undefined =>
      isApproved ? undefined : insolvency({ root, solvency: beside(others) });
    const others = await this.#known((evidence) =>
      evidence.promise(promisedOf(root, payout.value), {
        isShown: (promised) => isShown(promised, debts),
        fits: (all) => against(all) === undefined,
      }),
    );
    if ('value' in others) return against(others.value);
    return isApproved ? undefined : unseen('solvency', others.unknown);
  }

  #judge(facts: PolicyFacts): PolicyReason | undefined {
    const reason = judgePolicies(this.#policies, facts);
    if (reason !== undefined || this.#approvals === 'off') return reason;
    return missingApproval(facts.root, this.#book);
  }

  /** Who let a root go; undefined where it goes by itself. */
  letGoBy({ root }: PlacedRoot): string | undefined {
    return letGoBy(root, this.#book);
  }

  #letGo(at: PlacedRoot, { solvency, evicted }: PolicyFacts): void {
    if (!this.#lookUps.has('solvency')) return;
    if ('value' in solvency) this.#underWay.set(at, solvency.value.added);
    if (this.#told.has(at)) return;
    this.#told.add(at);
    this.#ports.observe({ kind: 'promised', root: at.root, solvency, evicted });
  }

  async #factsOf(
    at: PlacedRoot,
    ring: Ring,
    lanes: readonly Lane[],
  ): Promise<Beside & { readonly facts: PolicyFacts }> {
    const { root } = at;
    const nowMs = this.#ports.now();
    const payout = this.#asks('payout', 'solvency')
      ? await this.#known((evidence) => evidence.payout(root))
      : NOT_ASKED;
    const books = this.#asks('solvency') ? await this.#solvency(at, ring, lanes, payout) : unknownBooks(NOT_ASKED);
    const facts: PolicyFacts = {
      ...{ root, nowMs, payout, recentCounts: recentCounts(at) },
      feesTodayLamports: feesOfDay(
        lanes.map(({ published }) => published.fees),
        nowMs,
      ),
      evicted: this.#asks('evicted') ? await this.#evictedBy(at, ring) : undefined,
      publisher: this.#asks('publisher') ? await this.#known((evidence) => evidence.publisher()) : NOT_ASKED,
      pipeline: this.#asks('pipeline') ? await this.#known((evidence) => evidence.pipeline(root)) : NOT_ASKED,
      solvency: books.beside([]),
    };
    return { facts, ...books };
  }

  #asks(...some: readonly LookedUp[]): boolean {
    return some.some((fact) => this.#lookUps.has(fact));
  }

  async #evictedBy({ root, lane }: PlacedRoot, ring: Ring): Promise<EvictedRoot | undefined> {
    const slot = evictedSlot(root, ring);
    if (slot === undefined) return undefined;
    const known = lane.published.onChain(root.channel).get(slot.epoch);
    return {
      epoch: slot.epoch,
      publishedAtMs: known?.root === slot.root ? known.publishedAtMs : undefined,
      owed: await this.#known((evidence) => evidence.owed(root.channel, slot)),
    };
  }

  async #solvency(at: PlacedRoot, ring: Ring, lanes: readonly Lane[], payout: Known<bigint>): Promise<Beside> {
    if ('unknown' in payout) return unknownBooks(payout);
    const books = await this.#known((evidence) => evidence.books());
    if ('unknown' in books) return unknownBooks(books);
    const { treasury, debts } = books.value;
    const underWay = await this.#underWayBeside(at, lanes, debts);
    if ('unknown' in underWay) return unknownBooks(underWay);
    const evicted = evictedSlot(at.root, ring);
    const staying = debts.filter(({ channel, epoch }) => channel !== at.root.channel || epoch !== evicted?.epoch);
    const shown = staying.reduce((sum, debt) => sum + debt.owed, 0n);
    const beside = (others: readonly PromisedRoot[]): Known<SolvencyView> => {
      const open = [...underWay.value, ...others.filter((promised) => !isShown(promised, debts))];
      const byKey = new Map(open.map((promised) => [keyOf(promised), promised.amount]));
      const owed = [...byKey.values()].reduce((sum, amount) => sum + amount, shown);
      return { value: { treasury, owed, added: payout.value } };
    };
    return { debts, beside };
  }

  /** What roots that are on their way let be claimed; those that the rings show are counted there. */
  async #underWayBeside(
    judged: PlacedRoot,
    lanes: readonly Lane[],
    debts: readonly RingDebt[],
  ): Promise<Known<readonly PromisedRoot[]>> {
    for (const lane of lanes) {
      for (const at of lane.candidates(true)) {
        const isUnderWay = at !== judged && (at.job.kind === 'inFlight' || at.job.kind === 'landed');
        if (!isUnderWay || this.#underWay.has(at)) continue;
        const payout = await this.#known((evidence) => evidence.payout(at.root));
        if ('unknown' in payout) return payout;
        this.#underWay.set(at, payout.value);
      }
    }
    for (const at of this.#underWay.keys()) {
      if (debts.some((debt) => isCounted(at, debt))) this.#underWay.delete(at);
    }
    return { value: [...this.#underWay].map(([{ root }, amount]) => promisedOf(root, amount)) };
  }

  async #known<T>(ask: (evidence: PolicyEvidence) => Promise<T>): Promise<Known<T>> {
    if (this.#evidence === undefined) return { unknown: 'SETTLEMENT_DATABASE_URL is not set' };
    try {
      return { value: await ask(this.#evidence) };
    } catch (error) {
      return { unknown: messageOf(error).slice(0, 300) };
    }
  }
}

function unknownBooks(why: { readonly unknown: string }): Beside {
  return { debts: [], beside: () => why };
}

function promisedOf({ channel, epoch, root }: RootToSettle, amount: bigint): PromisedRoot {
  return { channel, epoch, root, amount };
}

function keyOf({ channel, epoch, root }: PromisedRoot): string {
  return `${root}/${epoch}/${channel}`;
}

function isShown({ channel, epoch, root }: PromisedRoot, debts: readonly RingDebt[]): boolean {
  return debts.some((debt) => debt.channel === channel && debt.epoch === epoch && debt.root === root);
}

/** Whether the rings show the root, or that it has come and gone. */
function isCounted({ root, job }: PlacedRoot, debt: RingDebt): boolean {
  if (debt.channel !== root.channel) return false;
  return (debt.epoch === root.epoch && debt.root === root.root) || (job.kind === 'done' && debt.epoch >= root.epoch);
}

/** What stands in the root's ring slot. */
function evictedSlot({ epoch }: RootToSettle, ring: Ring): NonNullable<Ring>[number] | undefined {
  const slot = ring?.[Number(epoch % BigInt(ring.length))];
  return slot !== undefined && usedSlots(ring).includes(slot) ? slot : undefined;
}

function recentCounts({ root, lane }: PlacedRoot): Known<readonly number[]> {
  const recent = [...lane.published.onChain(root.channel).values()]
    .filter(({ epoch }) => epoch < root.epoch)
    .sort((a, b) => (a.epoch < b.epoch ? 1 : -1))
    .slice(0, RECENT_ROOTS);
  const counts = recent.flatMap(({ count }) => (count === undefined ? [] : [count]));
  if (counts.length < recent.length) return { unknown: 'ao.roots.v1 no longer holds the last roots of the channel' };
  return { value: counts };
}
