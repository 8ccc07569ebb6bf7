/** Follows every transaction under way until it is finalised, refused or expired, and writes what became of it. */

import type { PaidFailure } from './attempt-tally.ts';
import { type Attempt, judgeAttempt } from './attempt-verdict.ts';
import { isolate } from './isolate.ts';
import type { JobLedger, RowContent } from './job-ledger.ts';
import type { Lane, PlacedRoot } from './lane.ts';
import { BATCH_FAILED, type OpenAttempt } from './ledger-history.ts';
import { pollPauseMs } from './poll-pause.ts';
import {
  type FinalizedHead,
  isUnreadable,
  type SettlerPorts,
  type SignatureStatus,
  type StatusAnswer,
  type TransactionCost,
} from './ports.ts';
import type { Reason } from './reasons.ts';
import { judgeRing } from './ring-verdict.ts';
import { failed, landed } from './root-job.ts';
import { CallFailed, type RpcGate } from './rpc-gate.ts';
import type { SettlerSettings } from './settings.ts';
import { classifyFailure } from './transaction-failure.ts';
import type { FormChoice, TransactionForm } from './transaction-form.ts';

/** A root in a transaction, and which of the root's attempts it is. */
interface Carried {
  readonly at: PlacedRoot;
  readonly attempt: number;
}

/** Why an attempt came to nothing for a root. */
interface End {
  readonly slot?: number;
  readonly feeLamports?: bigint | null;
  readonly computeUnits?: number | null;
  readonly reason: Reason;
  readonly paid?: PaidFailure;
}

interface Tracked extends Attempt {
  /** In the order of the transaction where this process made it. */
  readonly roots: Carried[];
  /** Most that it can cost, where this process made it. */
  readonly maxFeeLamports: bigint | undefined;
  /** 0 where another process began it. */
  readonly begunAtMs: number;
  /** Of one that another process made, legacy: nothing is concluded from it. */
  readonly form: TransactionForm;
  costLookups: number;
}

/** Most signatures that getSignatureStatuses takes. */
const STATUSES_A_CALL = 256;
/** Looks for the fee before FINALIZED or FAILED is written without it; answers that are errors count. */
const MAX_COST_LOOKUPS = 5;
const COST_UNKNOWN = { feeLamports: null, computeUnits: null } as const;

export class AttemptFollower {
  readonly #ports: SettlerPorts;
  readonly #settings: SettlerSettings;
  readonly #rpc: RpcGate;
  readonly #ledger: JobLedger;
  readonly #forms: FormChoice;
  readonly #tracked = new Map<string, Tracked>();
  #nextPollMs = 0;

  constructor(ports: SettlerPorts, settings: SettlerSettings, rpc: RpcGate, ledger: JobLedger, forms: FormChoice) {
    this.#ports = ports;
    this.#forms = forms;
    this.#settings = settings;
    this.#rpc = rpc;
    this.#ledger = ledger;
  }

  /** Transactions whose end is not known. */
  get size(): number {
    return this.#tracked.size;
  }

  get nextPollMs(): number {
    return this.#tracked.size === 0 ? Number.POSITIVE_INFINITY : this.#nextPollMs;
  }

  /** Takes over an attempt that the ledger knows. The signed bytes are kept where this process still has them. */
  resume(at: PlacedRoot, open: OpenAttempt): void {
    const tracked = this.#tracked.get(open.signature) ?? {
      signature: open.signature,
      lastValidBlockHeight: open.lastValidBlockHeight,
      wire: undefined,
      confirmed: open.confirmed,
      lastSentAtMs: 0,
      begunAtMs: 0,
      form: 'legacy',
      roots: [],
      maxFeeLamports: undefined,
      costLookups: 0,
    };
    tracked.roots.push({ at, attempt: open.attempt });
    this.#tracked.set(open.signature, tracked);
    this.#nextPollMs = 0;
  }

  /** Follows a transaction whose PENDING rows stand in the ledger, and sends it for the first time. */
  async begin(
    roots: readonly Carried[],
    attempt: Omit<Attempt, 'confirmed' | 'lastSentAtMs'> & Pick<Tracked, 'form' | 'maxFeeLamports'>,
  ): Promise<void> {
    const tracked: Tracked = {
      ...attempt,
      confirmed: false,
      lastSentAtMs: this.#ports.now(),
      begunAtMs: this.#ports.now(),
      roots: [...roots],
      costLookups: 0,
    };
    // Sooner, never later: many new ones must not put off the look at the old ones.
    const plannedMs = this.nextPollMs;
    this.#tracked.set(attempt.signature, tracked);
    this.#pollLater();
    this.#nextPollMs = Math.min(plannedMs, this.#nextPollMs);
    await this.#send(tracked);
  }

  /** Forgets the roots of a lane that is no longer ours; their transactions are still sent on until they are settled. */
  releaseLane(lane: Lane): void {
    for (const { roots } of this.#tracked.values()) {
      roots.splice(0, roots.length, ...roots.filter(({ at }) => at.lane !== lane));
    }
  }

  /** One look at all of them. Trouble with one of them leaves the others alone. @throws RpcPaused */
  async follow(): Promise<void> {
    if (this.#ports.now() < this.nextPollMs) return;
    const head = await this.#rpc.call('finalizedHead', (chain) => chain.finalizedHead());
    const all = [...this.#tracked.values()];
    for (let from = 0; from < all.length; from += STATUSES_A_CALL) {
      const { answers } = await isolate(all.slice(from, from + STATUSES_A_CALL), (some) =>
        this.#rpc.call('statuses', (chain) => chain.statuses(some.map(({ signature }) => signature))),
      );
      for (const { items, answer } of answers) {
        for (const tracked of items) await this.#advanceAlone(tracked, head, answer);
      }
    }
    this.#pollLater();
  }

  #pollLater(): void {
    const nowMs = this.#ports.now();
    const begun = [...this.#tracked.values()].map(({ begunAtMs }) => begunAtMs);
    this.#nextPollMs = nowMs + pollPauseMs(begun, nowMs, this.#settings.pollMs);
  }

  async #advanceAlone(tracked: Tracked, head: FinalizedHead, answer: StatusAnswer): Promise<void> {
    const status = answer.statuses.get(tracked.signature);
    // An answer that does not tell is no answer.
    if (status === undefined) return;
    try {
      await this.#advance(tracked, { head, status, answer });
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
    }
  }

  async #advance(
    tracked: Tracked,
    { head, status, answer }: { head: FinalizedHead; status: SignatureStatus | null; answer: StatusAnswer },
  ): Promise<void> {
    const { contextSlot } = answer;
    const verdict = judgeAttempt(tracked, {
      ...{ status, contextSlot, head, nowMs: this.#ports.now() },
      rebroadcastMs: this.#settings.rebroadcastMs,
    });
    switch (verdict.kind) {
      case 'wait':
        // Gone from the chain again: a fork was dropped. The same bytes may still land.
        if (status === null) tracked.confirmed = false;
        return;
      case 'rebroadcast':
        tracked.confirmed = false;
        return this.#send(tracked);
      case 'confirmed':
        return this.#confirmed(tracked, verdict.slot);
      case 'landed':
        return this.#landed(tracked, verdict.slot);
      case 'rejected':
        return this.#rejected(tracked, verdict.slot, verdict.error);
      case 'expired':
        return this.#expired(tracked, head);
    }
  }

  async #send(tracked: Tracked): Promise<void> {
    const { wire, signature } = tracked;
    if (wire === undefined) return;
    tracked.lastSentAtMs = this.#ports.now();
    try {
      await this.#ports.chain.send(wire);
    } catch (error) {
      // An error says nothing: the transaction may have gone out. Status and expiry decide.
      this.#ports.observe({ kind: 'sendFailed', signature, error });
    }
  }

  async #confirmed(tracked: Tracked, slot: number): Promise<void> {
    await this.#write(tracked, () => ({ status: 'CONFIRMED', slot }));
    tracked.confirmed = true;
    for (const { at } of this.#concerned(tracked)) {
      this.#ports.observe({ kind: 'confirmed', root: at.root, signature: tracked.signature, slot });
    }
  }

  async #landed(tracked: Tracked, slot: number): Promise<void> {
    const { signature, lastValidBlockHeight } = tracked;
    const cost = await this.#cost(tracked);
    if (cost === undefined) return;
    const owned = this.#concerned(tracked);
    this.#tracked.delete(signature);
    for (const { at, attempt } of owned) {
      at.move((job) => landed(job, { signature, attempt, lastValidBlockHeight, slot, ...cost }));
    }
    await this.#finishLanded(owned);
  }

  /** What it cost; nulls when no node tells; undefined to look again at the next poll. */
  async #cost(tracked: Tracked): Promise<TransactionCost | typeof COST_UNKNOWN | undefined> {
    const { signature } = tracked;
    tracked.costLookups += 1;
    try {
      const cost = await this.#rpc.call('cost', (chain) => chain.cost(signature));
      if (cost !== undefined) return cost;
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
    }
    if (tracked.costLookups < MAX_COST_LOOKUPS) return undefined;
    this.#ports.observe({ kind: 'costUnknown', signature });
    return COST_UNKNOWN;
  }

  /** FINALIZED is a root's last row: it waits until no other attempt is open. */
  async #finishLanded(roots: readonly Carried[]): Promise<void> {
    const ready = roots.flatMap(({ at }) =>
      at.job.kind === 'landed' && at.job.open.size === 0 ? [{ at, landing: at.job.landing }] : [],
    );
    await this.#ledger.write(
      ready.map(({ at, landing }) => ({ at, content: { status: 'FINALIZED' as const, ...landing } })),
    );
    for (const { at, landing } of ready) {
      at.lane.finish(at);
      const latencyMs = this.#ports.now() - at.root.recordedAtMs;
      const { signature, slot, feeLamports } = landing;
      this.#ports.observe({ kind: 'finalized', root: at.root, signature, slot, feeLamports, latencyMs });
    }
  }

  async #rejected(tracked: Tracked, slot: number, error: unknown): Promise<void> {
    const cost = await this.#cost(tracked);
    if (cost === undefined) return;
    const fee = cost.feeLamports ?? tracked.maxFeeLamports ?? null;
    const failure = classifyFailure(error, tracked.roots.length, tracked.form);
    const madeHere = tracked.wire !== undefined;
    const isToBlame = (index: number): boolean =>
      !madeHere || failure.rootIndex === undefined || failure.rootIndex === index;
    const elsewhere: Reason = {
      code: BATCH_FAILED,
      text: `another root of the transaction failed with ${failure.reason.code}`,
    };
    const ends = tracked.roots.map((carried, index) => ({
      carried,
      end: isToBlame(index)
        ? { slot, ...cost, feeLamports: fee, reason: failure.reason, paid: { lamports: fee ?? 0n } }
        : { slot, ...cost, feeLamports: fee, reason: elsewhere },
    }));
    await this.#fail(tracked, ends);
  }

  /** An account that cannot be read changes nothing: without reading it, nothing is sent again. */
  async #expired(tracked: Tracked, head: FinalizedHead): Promise<void> {
    const owned = this.#concerned(tracked);
    const channels = owned.map(({ at }) => at.root.channel);
    if (channels.length === 0) {
      this.#tracked.delete(tracked.signature);
      return;
    }
    const { answers } = await isolate([...new Set(channels)], (some) =>
      this.#rpc.call('accounts', (chain) => chain.accounts(some, undefined, 'finalized', head.slot)),
    );
    const rings = new Map(answers.flatMap(({ answer }) => [...answer.rings]));
    const reason = {
      code: 'EXPIRED',
      text: `block height ${tracked.lastValidBlockHeight} passed and no node knows it; it can land no more`,
    };
    // Nodes may take version 1 for simulation and drop it on its way: the next one must not end in the same way.
    if (tracked.form === 'version1')
      this.#ports.observe({ kind: 'formRefused', error: reason.text, untilMs: this.#forms.refused() });
    const absent: Carried[] = [];
    for (const carried of owned) {
      const { job, root } = carried.at;
      if (!rings.has(root.channel)) continue;
      const ring = rings.get(root.channel);
      const isSettled = !isUnreadable(ring) && judgeRing(root, ring).kind === 'settled';
      if (isSettled && job.kind === 'inFlight' && job.open.size === 1) await this.#settledUnseen(tracked, carried);
      else absent.push(carried);
    }
    await this.#fail(
      tracked,
      absent.map((carried) => ({ carried, end: { reason } })),
    );
  }

  /** The account has the root, and no node knows the one transaction that was open: settled, by whomever. */
  async #settledUnseen(tracked: Tracked, { at, attempt }: Carried): Promise<void> {
    const { signature, lastValidBlockHeight } = tracked;
    const reason = {
      code: 'FOUND_ON_CHAIN',
      text: 'the account holds the root; what became of the transaction is not known',
    };
    const content = { status: 'ALREADY_SETTLED', attempt, signature, lastValidBlockHeight, reason } as const;
    await this.#ledger.write([{ at, content }]);
    at.lane.finish(at);
    this.#ports.observe({ kind: 'alreadySettled', root: at.root });
  }

  /** Writes FAILED for these roots; the attempt is followed on for those of which nothing is known yet. */
  async #fail(tracked: Tracked, ends: readonly { readonly carried: Carried; readonly end: End }[]): Promise<void> {
    const { signature, lastValidBlockHeight } = tracked;
    const concerned = this.#concerned(tracked);
    const owned = ends.filter(({ carried }) => concerned.includes(carried));
    await this.#ledger.write(
      owned.map(({ carried: { at, attempt }, end: { paid: _paid, ...end } }) => ({
        at,
        content: { status: 'FAILED' as const, attempt, signature, lastValidBlockHeight, ...end },
      })),
    );
    for (const { carried, end } of owned) {
      carried.at.move((job) => failed(job, signature, this.#ports.now(), end.paid));
      const { code, text: reason } = end.reason;
      this.#ports.observe({ kind: 'failed', root: carried.at.root, signature, code, reason });
    }
    this.#forget(tracked);
    await this.#finishLanded(owned.map(({ carried }) => carried));
  }

  /** Stops following an attempt that no root of ours waits for. */
  #forget(tracked: Tracked): void {
    if (this.#concerned(tracked).length === 0) this.#tracked.delete(tracked.signature);
  }

  async #write(tracked: Tracked, content: () => RowContent): Promise<void> {
    const { signature, lastValidBlockHeight } = tracked;
    await this.#ledger.write(
      this.#concerned(tracked).map(({ at, attempt }) => ({
        at,
        content: { attempt, signature, lastValidBlockHeight, ...content() },
      })),
    );
  }

  /** The roots of ours that wait for the end of this attempt. */
  #concerned({ signature, roots }: Tracked): Carried[] {
    return roots.filter(({ at }) => {
      const { job } = at;
      return (job.kind === 'inFlight' || job.kind === 'landed') && job.open.has(signature) && this.#ledger.owns(at);
    });
  }
}
