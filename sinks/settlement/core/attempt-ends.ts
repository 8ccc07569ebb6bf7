/** What an attempt comes to for the roots that it carries: confirmed, finalised, failed; and the ledger's rows of it. */

import type { PaidFailure } from './attempt-tally.ts';
import type { Attempt } from './attempt-verdict.ts';
import { isolate } from './isolate.ts';
import type { JobLedger, RowContent } from './job-ledger.ts';
import type { PlacedRoot } from './lane.ts';
import { BATCH_FAILED } from './ledger-history.ts';
import { type FinalizedHead, isUnreadable, type SettlerPorts, type TransactionCost } from './ports.ts';
import type { Reason } from './reasons.ts';
import { judgeRing } from './ring-verdict.ts';
import { failed, landed } from './root-job.ts';
import { CallFailed, type RpcGate } from './rpc-gate.ts';
import { classifyFailure } from './transaction-failure.ts';
import type { FormChoice, TransactionForm } from './transaction-form.ts';

/** A root in a transaction, and which of the root's attempts it is. */
export interface CarriedRoot {
  readonly at: PlacedRoot;
  readonly attempt: number;
}

/** A transaction whose end is not known. */
export interface TrackedAttempt extends Attempt {
  /** In the order of the transaction where this process made it. */
  readonly roots: CarriedRoot[];
  /** Most that it can cost, where this process made it. */
  readonly maxFeeLamports: bigint | undefined;
  /** 0 where another process began it. */
  readonly begunAtMs: number;
  /** Of one that another process made, legacy: nothing is concluded from it. */
  readonly form: TransactionForm;
  costLookups: number;
  /** Whether its expiry was told: it may be asked about for longer, as long as no account is read. */
  expiryTold: boolean;
}

/** Why an attempt came to nothing for a root. */
interface End {
  readonly slot?: number;
  readonly feeLamports?: bigint | null;
  readonly computeUnits?: number | null;
  readonly reason: Reason;
  readonly paid?: PaidFailure;
}

/** Looks for the fee before FINALIZED or FAILED is written without it; answers that are errors count. */
const MAX_COST_LOOKUPS = 5;
const COST_UNKNOWN = { feeLamports: null, computeUnits: null } as const;

export class AttemptEnds {
  readonly #ports: Pick<SettlerPorts, 'now' | 'observe'>;
  readonly #rpc: RpcGate;
  readonly #ledger: JobLedger;
  readonly #forms: FormChoice;
  readonly #forget: (tracked: TrackedAttempt) => void;

  /** @param forget Told of an attempt that is over, or that no root of ours waits for. */
  constructor(
    ports: Pick<SettlerPorts, 'now' | 'observe'>,
    rpc: RpcGate,
    ledger: JobLedger,
    forms: FormChoice,
    forget: (tracked: TrackedAttempt) => void,
  ) {
    this.#ports = ports;
    this.#rpc = rpc;
    this.#ledger = ledger;
    this.#forms = forms;
    this.#forget = forget;
  }

  async confirmed(tracked: TrackedAttempt, slot: number): Promise<void> {
    await this.#write(tracked, () => ({ status: 'CONFIRMED', slot }));
    tracked.confirmed = true;
    for (const { at } of this.#concerned(tracked)) {
      this.#ports.observe({ kind: 'confirmed', root: at.root, signature: tracked.signature, slot });
    }
  }

  async landed(tracked: TrackedAttempt, slot: number): Promise<void> {
    const { signature, lastValidBlockHeight } = tracked;
    const cost = await this.#cost(tracked);
    if (cost === undefined) return;
    const owned = this.#concerned(tracked);
    this.#forget(tracked);
    for (const { at, attempt } of owned) {
      at.move((job) => landed(job, { signature, attempt, lastValidBlockHeight, slot, ...cost }));
    }
    await this.#finishLanded(owned);
  }

  /** What it cost; nulls when no node tells; undefined to look again at the next poll. */
  async #cost(tracked: TrackedAttempt): Promise<TransactionCost | typeof COST_UNKNOWN | undefined> {
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
  async #finishLanded(roots: readonly CarriedRoot[]): Promise<void> {
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

  async rejected(tracked: TrackedAttempt, slot: number, error: unknown): Promise<void> {
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
  async expired(tracked: TrackedAttempt, head: FinalizedHead): Promise<void> {
    const owned = this.#concerned(tracked);
    const channels = owned.map(({ at }) => at.root.channel);
    if (channels.length === 0) {
      this.#forget(tracked);
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
    if (tracked.form === 'version1' && !tracked.expiryTold)
      this.#ports.observe({ kind: 'formRefused', error: reason.text, untilMs: this.#forms.refused() });
    tracked.expiryTold = true;
    const absent: CarriedRoot[] = [];
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
  async #settledUnseen(tracked: TrackedAttempt, { at, attempt }: CarriedRoot): Promise<void> {
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
  async #fail(
    tracked: TrackedAttempt,
    ends: readonly { readonly carried: CarriedRoot; readonly end: End }[],
  ): Promise<void> {
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
    if (this.#concerned(tracked).length === 0) this.#forget(tracked);
    await this.#finishLanded(owned.map(({ carried }) => carried));
  }

  async #write(tracked: TrackedAttempt, content: () => RowContent): Promise<void> {
    const { signature, lastValidBlockHeight } = tracked;
    await this.#ledger.write(
      this.#concerned(tracked).map(({ at, attempt }) => ({
        at,
        content: { attempt, signature, lastValidBlockHeight, ...content() },
      })),
    );
  }

  /** The roots of ours that wait for the end of this attempt. */
  #concerned({ signature, roots }: TrackedAttempt): CarriedRoot[] {
    return roots.filter(({ at }) => {
      const { job } = at;
      return (job.kind === 'inFlight' || job.kind === 'landed') && job.open.has(signature) && this.#ledger.owns(at);
    });
  }
}
