/** Follows every transaction under way until it is finalised, refused or expired: looks at it, and sends it again while it may land. */

import { AttemptEnds, type CarriedRoot, type TrackedAttempt } from './attempt-ends.ts';
import { type Attempt, judgeAttempt } from './attempt-verdict.ts';
import { isolate } from './isolate.ts';
import type { JobLedger } from './job-ledger.ts';
import type { Lane, PlacedRoot } from './lane.ts';
import type { OpenAttempt } from './ledger-history.ts';
import { pollPauseMs } from './poll-pause.ts';
import type { FinalizedHead, SettlerPorts, SignatureStatus, StatusAnswer } from './ports.ts';
import { CallFailed, type RpcGate } from './rpc-gate.ts';
import type { SettlerSettings } from './settings.ts';
import type { FormChoice } from './transaction-form.ts';

/** Most signatures that getSignatureStatuses takes. */
const STATUSES_A_CALL = 256;
export class AttemptFollower {
  readonly #ports: SettlerPorts;
  readonly #settings: SettlerSettings;
  readonly #rpc: RpcGate;
  readonly #ends: AttemptEnds;
  readonly #tracked = new Map<string, TrackedAttempt>();
  #nextPollMs = 0;

  constructor(ports: SettlerPorts, settings: SettlerSettings, rpc: RpcGate, ledger: JobLedger, forms: FormChoice) {
    this.#ports = ports;
    this.#settings = settings;
    this.#rpc = rpc;
    this.#ends = new AttemptEnds(ports, rpc, ledger, forms, ({ signature }) => {
      this.#tracked.delete(signature);
      ports.notice?.forget(signature);
    });
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
      expiryTold: false,
    };
    tracked.roots.push({ at, attempt: open.attempt });
    this.#tracked.set(open.signature, tracked);
    this.#nextPollMs = 0;
    this.#ports.notice?.watch(open.signature);
  }

  /** Somebody says that a transaction is final: the chain is asked now. */
  noticed(signature: string): void {
    if (this.#tracked.has(signature)) this.#nextPollMs = 0;
  }

  /** Follows a transaction whose PENDING rows stand in the ledger, and sends it for the first time. */
  async begin(
    roots: readonly CarriedRoot[],
    attempt: Omit<Attempt, 'confirmed' | 'lastSentAtMs'> & Pick<TrackedAttempt, 'form' | 'maxFeeLamports'>,
  ): Promise<void> {
    const tracked: TrackedAttempt = {
      ...attempt,
      confirmed: false,
      lastSentAtMs: this.#ports.now(),
      begunAtMs: this.#ports.now(),
      roots: [...roots],
      costLookups: 0,
      expiryTold: false,
    };
    // Sooner, never later: many new ones must not put off the look at the old ones.
    const plannedMs = this.nextPollMs;
    this.#tracked.set(attempt.signature, tracked);
    this.#pollLater();
    this.#nextPollMs = Math.min(plannedMs, this.#nextPollMs);
    this.#ports.notice?.watch(attempt.signature);
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
    const head = await this.#rpc.finalizedHead();
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

  async #advanceAlone(tracked: TrackedAttempt, head: FinalizedHead, answer: StatusAnswer): Promise<void> {
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
    tracked: TrackedAttempt,
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
        return this.#ends.confirmed(tracked, verdict.slot);
      case 'landed':
        return this.#ends.landed(tracked, verdict.slot);
      case 'rejected':
        return this.#ends.rejected(tracked, verdict.slot, verdict.error);
      case 'expired':
        return this.#ends.expired(tracked, head);
    }
  }

  async #send(tracked: TrackedAttempt): Promise<void> {
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
}
