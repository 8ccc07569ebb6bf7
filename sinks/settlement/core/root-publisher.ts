/** From roots that wait to transactions under way: account check, hold or batch, simulation, PENDING, first send. */

import type { AttemptFollower } from './attempt-follower.ts';
import { computeUnitLimit, MAX_COMPUTE_UNITS, priorityFee, transactionFeeLamports } from './fees.ts';
import * as holds from './holds.ts';
import type { JobLedger } from './job-ledger.ts';
import type { Lane, PlacedRoot } from './lane.ts';
import type { AccountsAnswer, SettlerPorts } from './ports.ts';
import type { Reason } from './reasons.ts';
import { judgeRing, type RingVerdict } from './ring-verdict.ts';
import { attemptsOf, begun, held, postponed, refused } from './root-job.ts';
import { packRoots } from './root-packing.ts';
import type { RpcGate } from './rpc-gate.ts';
import { isGivenUp, type SettlerSettings } from './settings.ts';
import { classifyFailure, type TransactionFailure } from './transaction-failure.ts';

/** getMultipleAccounts takes 100 accounts; two of them are the protocol's and the payer's. */
const CHANNELS_A_READ = 98;
/** Bytes of a channel's account that a first publication creates, and pays the rent of. */
const CHANNEL_ACCOUNT_BYTES = 1782;
/** Compute units of one root, about, before a simulation tells. Source: measured on the program. */
const TYPICAL_UNITS_A_ROOT = 15_000;

interface Judged {
  readonly at: PlacedRoot;
  readonly verdict: RingVerdict;
}

export class RootPublisher {
  readonly #ports: SettlerPorts;
  readonly #settings: SettlerSettings;
  readonly #rpc: RpcGate;
  readonly #ledger: JobLedger;
  readonly #follower: AttemptFollower;
  #draining = false;

  constructor(
    ports: SettlerPorts,
    settings: SettlerSettings,
    rpc: RpcGate,
    ledger: JobLedger,
    follower: AttemptFollower,
  ) {
    this.#ports = ports;
    this.#settings = settings;
    this.#rpc = rpc;
    this.#ledger = ledger;
    this.#follower = follower;
  }

  /** Begins nothing any more. */
  drain(): void {
    this.#draining = true;
  }

  /** When the next waiting root of these lanes is due, Unix milliseconds; infinite when none waits. */
  nextDueMs(lanes: Iterable<Lane>): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { notBeforeMs } of this.#waiting(lanes)) next = Math.min(next, notBeforeMs);
    return next;
  }

  /** Takes up the roots that are due, at most as many as one look at the chain can show. @throws RpcPaused */
  async publishDue(lanes: Iterable<Lane>): Promise<void> {
    if (this.#isDraining()) return;
    const nowMs = this.#ports.now();
    const due: PlacedRoot[] = [];
    for (const { at, notBeforeMs } of this.#waiting(lanes)) {
      if (notBeforeMs <= nowMs && this.#ledger.owns(at)) due.push(at);
      if (due.length === CHANNELS_A_READ) break;
    }
    const free = await this.#holdStopped(due);
    if (free.length === 0) return;
    const accounts = await this.#readAccounts(free, 'confirmed');
    const judged = free.map((at) => ({ at, verdict: judgeRing(at.root, accounts.rings.get(at.root.channel)) }));
    await this.#decideRefused(judged.filter(({ verdict }) => verdict.kind !== 'publish'));
    const publishable = judged.flatMap(({ at, verdict }) => (verdict.kind === 'publish' ? [at] : []));
    if (publishable.length === 0) return;
    if (!this.#settings.autoPublish) return this.#holdAll(publishable, accounts);
    const payer = this.#ports.transactions.payer ?? '';
    const hold = holds.protocolHold(accounts.protocol, payer);
    if (hold !== undefined) {
      for (const at of publishable) await this.#hold(at, hold);
      return;
    }
    for (const batch of packRoots(publishable, this.#settings.maxRootsPerTransaction, this.#ports.transactions)) {
      if (!this.#isDraining()) await this.#publish(batch, accounts);
    }
  }

  #isDraining(): boolean {
    return this.#draining;
  }

  *#waiting(lanes: Iterable<Lane>): Generator<{ readonly at: PlacedRoot; readonly notBeforeMs: number }> {
    for (const lane of lanes) {
      if (!lane.loaded) continue;
      for (const at of lane.candidates(!this.#settings.autoPublish)) {
        const { job } = at;
        if (job.kind === 'waiting' || job.kind === 'held') yield { at, notBeforeMs: job.notBeforeMs };
      }
    }
  }

  async #readAccounts(roots: readonly PlacedRoot[], commitment: 'confirmed' | 'finalized'): Promise<AccountsAnswer> {
    const channels = [...new Set(roots.map(({ root }) => root.channel))];
    const { payer } = this.#ports.transactions;
    return this.#rpc.call('accounts', (chain) => chain.accounts(channels, payer, commitment));
  }

  /** Holds the roots behind a conflict; returns the others. */
  async #holdStopped(due: readonly PlacedRoot[]): Promise<PlacedRoot[]> {
    const free: PlacedRoot[] = [];
    for (const at of due) {
      const conflict = at.lane.stoppedBy(at.root.channel);
      if (conflict === undefined) free.push(at);
      else await this.#hold(at, holds.stoppedHold(at.root, conflict.epoch));
    }
    return free;
  }

  /** What a confirmed block says may be rolled back: only the finalised account decides. */
  async #decideRefused(refusals: readonly Judged[]): Promise<void> {
    if (refusals.length === 0) return;
    const { rings } = await this.#readAccounts(
      refusals.map(({ at }) => at),
      'finalized',
    );
    for (const { at, verdict: atConfirmed } of refusals) {
      const { root } = at;
      const verdict = judgeRing(root, rings.get(root.channel));
      if (verdict.kind !== atConfirmed.kind) {
        at.move((job) => postponed(job, this.#ports.now() + this.#settings.pollMs));
      } else if (verdict.kind === 'settled') await this.#alreadySettled(at);
      else if (verdict.kind === 'conflict') {
        await this.#conflict(at, holds.conflictReason(root, verdict.rootOnChain));
      } else if (verdict.kind === 'passed') {
        const reason = holds.passedHold(root, verdict);
        if (isGivenUp(this.#settings, root.channel, root.epoch)) await this.#conflict(at, reason);
        else await this.#hold(at, reason);
      }
    }
  }

  async #alreadySettled(at: PlacedRoot): Promise<void> {
    await this.#ledger.write([{ at, content: { status: 'ALREADY_SETTLED' } }]);
    at.lane.finish(at);
    this.#ports.observe({ kind: 'alreadySettled', root: at.root });
  }

  async #conflict(at: PlacedRoot, why: Reason): Promise<void> {
    const { root } = at;
    const givenUp = isGivenUp(this.#settings, root.channel, root.epoch);
    const reason = givenUp ? holds.givenUpReason(root, why.text) : why;
    const [rowOffset] = await this.#ledger.write([{ at, content: { status: 'CONFLICT', reason } }]);
    if (!givenUp) at.lane.stop(root.channel, { epoch: root.epoch, rowOffset: rowOffset ?? 0n });
    at.lane.finish(at);
    this.#ports.observe({ kind: 'conflict', root, code: reason.code, reason: reason.text });
  }

  /** Writes HELD unless the root's newest row says the same already. */
  async #hold(at: PlacedRoot, reason: Reason): Promise<void> {
    if (!isHeldBy(at, reason.code)) {
      await this.#ledger.write([{ at, content: { status: 'HELD', reason } }]);
      this.#ports.observe({ kind: 'held', root: at.root, code: reason.code, reason: reason.text });
    }
    at.move((job) => held(job, reason.code, this.#ports.now() + this.#settings.holdRetryMs));
  }

  /** AUTO_PUBLISH is off: says once of each root what would be sent. */
  async #holdAll(roots: readonly PlacedRoot[], accounts: AccountsAnswer): Promise<void> {
    const payer = this.#ports.transactions.payer ?? accounts.protocol?.publisher;
    for (const at of roots) {
      const reason =
        payer === undefined
          ? (holds.protocolHold(accounts.protocol, '') as Reason)
          : isHeldBy(at, holds.AUTO_PUBLISH_OFF)
            ? { code: holds.AUTO_PUBLISH_OFF, text: '' }
            : holds.autoPublishHold(await this.#describe(at, payer, accounts));
      await this.#hold(at, reason);
    }
  }

  async #describe({ root }: PlacedRoot, payer: string, accounts: AccountsAnswer): Promise<string> {
    const price = await this.#priorityFee([root.channel], 1);
    const fee = transactionFeeLamports(computeUnitLimit(TYPICAL_UNITS_A_ROOT), price);
    const rent = accounts.rings.get(root.channel) === undefined ? await this.#rent(CHANNEL_ACCOUNT_BYTES) : 0n;
    const rentText = rent === 0n ? '' : ` and ${rent} lamports of rent for the channel's account`;
    return `${this.#ports.transactions.describe(root, payer)}, fee about ${fee} lamports${rentText}`;
  }

  async #publish(batch: readonly PlacedRoot[], accounts: AccountsAnswer): Promise<void> {
    const roots = batch.map(({ root }) => root);
    const channels = roots.map(({ channel }) => channel);
    const attempt = Math.max(...batch.map(({ job }) => attemptsOf(job))) + 1;
    const price = await this.#priorityFee(channels, attempt);
    const needed = await this.#lamportsNeeded(channels, price, accounts);
    if (accounts.payerLamports < needed) {
      for (const at of batch) await this.#hold(at, holds.fundsHold(accounts.payerLamports, needed));
      return;
    }
    const { blockhash, lastValidBlockHeight } = await this.#rpc.call('latestBlockhash', (chain) =>
      chain.latestBlockhash(),
    );
    const draft = { blockhash, computeUnitLimit: MAX_COMPUTE_UNITS, priorityFee: price };
    const { transactions } = this.#ports;
    const unsigned = transactions.createUnsigned(roots, transactions.payer ?? '', draft);
    const simulation = await this.#rpc.call('simulate', (chain) => chain.simulate(unsigned));
    if (simulation.error !== null) return this.#refused(batch, classifyFailure(simulation.error, roots.length));
    const terms = { ...draft, computeUnitLimit: computeUnitLimit(simulation.computeUnits) };
    const { signature, wire } = transactions.create(roots, terms);
    if (!batch.every((at) => this.#ledger.owns(at))) return;
    const attempts = batch.map((at) => ({ at, attempt: attemptsOf(at.job) + 1 }));
    const pending = { status: 'PENDING', signature, lastValidBlockHeight } as const;
    const rows = await this.#ledger.write(
      attempts.map(({ at, attempt }) => ({ at, content: { ...pending, attempt } })),
    );
    // A partition lost meanwhile: its new owner may have read the ledger before our row, so nothing may be sent.
    if (rows.includes(undefined) || !batch.every((at) => this.#ledger.owns(at))) return;
    for (const { at, attempt } of attempts) {
      at.move((job) => begun(job, signature));
      this.#ports.observe({ kind: 'attempt', root: at.root, attempt, signature });
    }
    await this.#follower.begin(attempts, { signature, lastValidBlockHeight, wire });
  }

  async #priorityFee(channels: readonly string[], attempt: number): Promise<number> {
    const policy = this.#settings.priorityFee;
    if (policy.mode === 'fixed' || policy.cap === 0) return policy.cap;
    const recent = await this.#rpc.call('recentPriorityFees', (chain) => chain.recentPriorityFees(channels));
    return priorityFee(policy, recent, attempt);
  }

  /** Fee, rent of the accounts that come into being, and what the payer itself must keep. */
  async #lamportsNeeded(channels: readonly string[], price: number, { rings }: AccountsAnswer): Promise<bigint> {
    const fee = transactionFeeLamports(computeUnitLimit(TYPICAL_UNITS_A_ROOT * channels.length), price);
    const created = BigInt(channels.filter((channel) => rings.get(channel) === undefined).length);
    const rent = created === 0n ? 0n : created * (await this.#rent(CHANNEL_ACCOUNT_BYTES));
    return fee + rent + (await this.#rent(0));
  }

  #rent(bytes: number): Promise<bigint> {
    return this.#rpc.call('rentExemptLamports', (chain) => chain.rentExemptLamports(bytes));
  }

  /** A simulation failed: the root that caused it is held or looked at again, the others go without it next time. */
  async #refused(batch: readonly PlacedRoot[], { action, reason, rootIndex }: TransactionFailure): Promise<void> {
    for (const at of rootIndex === undefined ? batch : batch.slice(rootIndex, rootIndex + 1)) {
      if (action === 'hold') {
        await this.#hold(at, reason);
        continue;
      }
      at.move((job) => refused(job, this.#ports.now()));
      this.#ports.observe({ kind: 'postponed', root: at.root, code: reason.code, reason: reason.text });
    }
  }
}

function isHeldBy({ job }: PlacedRoot, code: string): boolean {
  return job.kind === 'held' && job.code === code;
}
