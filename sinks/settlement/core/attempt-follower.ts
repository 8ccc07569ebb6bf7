/** Follows every transaction under way until it is finalised, refused or expired, and writes what became of it. */

import { type Attempt, judgeAttempt } from './attempt-verdict.ts';
import type { JobLedger, RowContent } from './job-ledger.ts';
import type { Lane, PlacedRoot } from './lane.ts';
import type { OpenAttempt } from './ledger-history.ts';
import type { FinalizedHead, SettlerPorts } from './ports.ts';
import type { Reason } from './reasons.ts';
import { judgeRing } from './ring-verdict.ts';
import { failed, landed } from './root-job.ts';
import type { RpcGate } from './rpc-gate.ts';
import type { SettlerSettings } from './settings.ts';
import { classifyFailure } from './transaction-failure.ts';

/** A root in a transaction, and which of the root's attempts it is. */
interface Carried {
  readonly at: PlacedRoot;
  readonly attempt: number;
}

interface Tracked extends Attempt {
  /** In the order of the transaction where this process made it. */
  readonly roots: Carried[];
  costLookups: number;
}

/** Most signatures that getSignatureStatuses takes. */
const STATUSES_A_CALL = 256;
/** Looks for the fee before FINALIZED is written without it. */
const MAX_COST_LOOKUPS = 5;

export class AttemptFollower {
  readonly #ports: SettlerPorts;
  readonly #settings: SettlerSettings;
  readonly #rpc: RpcGate;
  readonly #ledger: JobLedger;
  readonly #tracked = new Map<string, Tracked>();
  #nextPollMs = 0;

  constructor(ports: SettlerPorts, settings: SettlerSettings, rpc: RpcGate, ledger: JobLedger) {
    this.#ports = ports;
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
      roots: [],
      costLookups: 0,
    };
    tracked.roots.push({ at, attempt: open.attempt });
    this.#tracked.set(open.signature, tracked);
    this.#nextPollMs = 0;
  }

  /** Follows a transaction whose PENDING rows stand in the ledger, and sends it for the first time. */
  async begin(roots: readonly Carried[], attempt: Omit<Attempt, 'confirmed' | 'lastSentAtMs'>): Promise<void> {
    const tracked: Tracked = {
      ...attempt,
      confirmed: false,
      lastSentAtMs: this.#ports.now(),
      roots: [...roots],
      costLookups: 0,
    };
    if (this.#tracked.size === 0) this.#nextPollMs = this.#ports.now() + this.#settings.pollMs;
    this.#tracked.set(attempt.signature, tracked);
    await this.#send(tracked);
  }

  /** Forgets the roots of a lane that is no longer ours; their transactions are still sent on until they are settled. */
  releaseLane(lane: Lane): void {
    for (const { roots } of this.#tracked.values()) {
      roots.splice(0, roots.length, ...roots.filter(({ at }) => at.lane !== lane));
    }
  }

  /** One look at all of them. @throws RpcPaused */
  async follow(): Promise<void> {
    if (this.#ports.now() < this.nextPollMs) return;
    const head = await this.#rpc.call('finalizedHead', (chain) => chain.finalizedHead());
    const all = [...this.#tracked.values()];
    for (let from = 0; from < all.length; from += STATUSES_A_CALL) {
      const some = all.slice(from, from + STATUSES_A_CALL);
      const signatures = some.map(({ signature }) => signature);
      const answer = await this.#rpc.call('statuses', (chain) => chain.statuses(signatures));
      for (const tracked of some) {
        await this.#advance(tracked, head, answer.contextSlot, answer.statuses.get(tracked.signature) ?? null);
      }
    }
    this.#nextPollMs = this.#ports.now() + this.#settings.pollMs;
  }

  async #advance(
    tracked: Tracked,
    head: FinalizedHead,
    contextSlot: number,
    status: Parameters<typeof judgeAttempt>[1]['status'],
  ): Promise<void> {
    const nowMs = this.#ports.now();
    const { rebroadcastMs } = this.#settings;
    const verdict = judgeAttempt(tracked, { status, contextSlot, head, nowMs, rebroadcastMs });
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
    for (const { at } of this.#owned(tracked)) {
      this.#ports.observe({ kind: 'confirmed', root: at.root, signature: tracked.signature, slot });
    }
  }

  async #landed(tracked: Tracked, slot: number): Promise<void> {
    const { signature, lastValidBlockHeight } = tracked;
    const cost = await this.#rpc.call('cost', (chain) => chain.cost(signature));
    tracked.costLookups += 1;
    if (cost === undefined && tracked.costLookups < MAX_COST_LOOKUPS) return;
    const { feeLamports, computeUnits } = cost ?? { feeLamports: null, computeUnits: null };
    const owned = this.#owned(tracked);
    this.#tracked.delete(signature);
    for (const { at, attempt } of owned) {
      at.move((job) => landed(job, { signature, attempt, lastValidBlockHeight, slot, feeLamports, computeUnits }));
    }
    await this.#finishLanded(owned);
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
    const failure = classifyFailure(error, tracked.roots.length);
    const madeHere = tracked.wire !== undefined;
    const reasonOf = (index: number): Reason =>
      !madeHere || failure.rootIndex === undefined || failure.rootIndex === index
        ? failure.reason
        : { code: 'BATCH_FAILED', text: `another root of the transaction failed with ${failure.reason.code}` };
    const reasons = new Map(tracked.roots.map(({ at }, index) => [at, reasonOf(index)]));
    await this.#fail(tracked, tracked.roots, (at) => ({ slot, reason: reasons.get(at) ?? failure.reason }));
  }

  async #expired(tracked: Tracked, head: FinalizedHead): Promise<void> {
    const owned = this.#owned(tracked);
    const channels = owned.map(({ at }) => at.root.channel);
    if (channels.length === 0) {
      this.#tracked.delete(tracked.signature);
      return;
    }
    const { rings } = await this.#rpc.call('accounts', (chain) =>
      chain.accounts(channels, undefined, 'finalized', head.slot),
    );
    const isOurs = ({ at: { job, root } }: Carried): boolean =>
      job.kind === 'inFlight' && job.open.size === 1 && judgeRing(root, rings.get(root.channel)).kind === 'settled';
    const landedUnseen = owned.filter(isOurs);
    for (const carried of landedUnseen) await this.#settledUnseen(tracked, carried);
    const reason = {
      code: 'EXPIRED',
      text: `block height ${tracked.lastValidBlockHeight} passed and no node knows it; it can land no more`,
    };
    const absent = owned.filter((carried) => !landedUnseen.includes(carried));
    await this.#fail(tracked, absent, () => ({ reason }));
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

  async #fail(
    tracked: Tracked,
    roots: readonly Carried[],
    content: (at: PlacedRoot) => { readonly slot?: number; readonly reason: Reason },
  ): Promise<void> {
    const { signature, lastValidBlockHeight } = tracked;
    const owned = roots.filter(({ at }) => this.#ledger.owns(at));
    await this.#ledger.write(
      owned.map(({ at, attempt }) => ({
        at,
        content: { status: 'FAILED' as const, attempt, signature, lastValidBlockHeight, ...content(at) },
      })),
    );
    this.#tracked.delete(signature);
    for (const { at } of owned) {
      at.move((job) => failed(job, signature, this.#ports.now()));
      const { code, text: reason } = content(at).reason;
      this.#ports.observe({ kind: 'failed', root: at.root, signature, code, reason });
    }
    await this.#finishLanded(owned);
  }

  async #write(tracked: Tracked, content: () => RowContent): Promise<void> {
    const { signature, lastValidBlockHeight } = tracked;
    await this.#ledger.write(
      this.#owned(tracked).map(({ at, attempt }) => ({
        at,
        content: { attempt, signature, lastValidBlockHeight, ...content() },
      })),
    );
  }

  #owned(tracked: Tracked): Carried[] {
    return tracked.roots.filter(({ at }) => this.#ledger.owns(at));
  }
}
