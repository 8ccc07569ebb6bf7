/** Which of the roots that wait are sent next: account check, then hold, or batch. */

import type { AttemptFollower } from './attempt-follower.ts';
import { BatchSender } from './batch-sender.ts';
import { followersOf } from './channel-run.ts';
import { ClaimsGuard } from './claims-guard.ts';
import { DryRun } from './dry-run.ts';
import * as holds from './holds.ts';
import type { JobLedger } from './job-ledger.ts';
import type { Lane, PlacedRoot } from './lane.ts';
import { PolicyGuard } from './policy/policy-guard.ts';
import { type AccountsAnswer, isUnreadable, type Ring, type SettlerPorts, type Unreadable } from './ports.ts';
import { PublicationCost } from './publication-cost.ts';
import { type AccountsRead, readAccounts } from './read-accounts.ts';
import { judgeRing, type RingVerdict } from './ring-verdict.ts';
import { isHeldBy, RootDecisions } from './root-decisions.ts';
import { postponed, tallyOf } from './root-job.ts';
import { packRoots } from './root-packing.ts';
import { CallFailed, type RpcGate } from './rpc-gate.ts';
import type { SettlerSettings } from './settings.ts';
import type { FormChoice } from './transaction-form.ts';
import { whyUnpublishable } from './unpublishable.ts';

/** getMultipleAccounts takes 100 accounts; three of them are the protocol's, the payer's and the gate of version 1. */
const CHANNELS_A_READ = 97;

interface Judged {
  readonly at: PlacedRoot;
  readonly verdict: RingVerdict;
}

export class RootPublisher {
  readonly #ports: SettlerPorts;
  readonly #settings: SettlerSettings;
  readonly #rpc: RpcGate;
  readonly #ledger: JobLedger;
  readonly #forms: FormChoice;
  readonly #sender: BatchSender;
  readonly #cost: PublicationCost;
  readonly #dryRun: DryRun;
  readonly #claims: ClaimsGuard;
  readonly #policies: PolicyGuard;
  readonly #decisions: RootDecisions;
  #draining = false;

  constructor(
    ports: SettlerPorts,
    settings: SettlerSettings,
    rpc: RpcGate,
    ledger: JobLedger,
    follower: AttemptFollower,
    forms: FormChoice,
  ) {
    this.#ports = ports;
    this.#settings = settings;
    this.#rpc = rpc;
    this.#ledger = ledger;
    this.#forms = forms;
    this.#cost = new PublicationCost(ports, rpc, settings.priorityFee);
    this.#dryRun = new DryRun(ports, rpc, this.#cost);
    this.#claims = new ClaimsGuard(rpc);
    this.#policies = new PolicyGuard(ports, settings.policies);
    this.#decisions = new RootDecisions(ports, settings, ledger);
    const [cost, decisions, isDraining] = [this.#cost, this.#decisions, () => this.#draining];
    this.#sender = new BatchSender({ ports, rpc, ledger, follower, forms, cost, decisions, isDraining });
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
  async publishDue(assigned: Iterable<Lane>): Promise<void> {
    if (this.#isDraining()) return;
    const nowMs = this.#ports.now();
    const lanes = [...assigned];
    const due: PlacedRoot[] = [];
    for (const { at, notBeforeMs } of this.#waiting(lanes)) {
      if (notBeforeMs <= nowMs && this.#ledger.owns(at)) due.push(at);
      if (due.length === CHANNELS_A_READ) break;
    }
    const hopeful = await this.#holdHopeless(await this.#finishKnown(due));
    if (hopeful.length === 0) return;
    const accounts = await this.#readAccounts(hopeful, 'confirmed');
    const judged = await this.#judge(hopeful, accounts);
    await this.#decideRefused(judged.filter(({ verdict }) => verdict.kind !== 'publish'));
    const publishable = await this.#holdDoubles(
      judged.flatMap(({ at, verdict }) => (verdict.kind === 'publish' ? [at] : [])),
      accounts,
    );
    if (publishable.length === 0) return;
    if (!this.#settings.autoPublish) return this.#holdAll(publishable, accounts);
    const hold = holds.protocolHold(accounts.protocol, this.#ports.transactions.payer ?? '');
    if (hold !== undefined) {
      for (const at of publishable) await this.#decisions.hold(at, hold);
      return;
    }
    const wanted = await this.#holdUnwanted(await this.#holdExhausted(publishable), accounts, lanes);
    const runs: PlacedRoot[][] = [];
    for (const head of wanted) runs.push(await this.#runOf(head, accounts, lanes));
    const { maxRootsPerTransaction: maxRoots } = this.#settings;
    const rings = readableRings(accounts);
    const form = this.#forms.choose(accounts.version1);
    for (const batch of packRoots(runs, { maxRoots, form, transactions: this.#ports.transactions, rings })) {
      if (!this.#isDraining()) await this.#sender.publish(batch, accounts, form);
    }
  }

  /** A root with those behind it of its channel that may share its transaction. */
  async #runOf(head: PlacedRoot, { rings }: AccountsRead, lanes: readonly Lane[]): Promise<PlacedRoot[]> {
    const run = [head];
    const ring = rings.get(head.root.channel);
    if (isUnreadable(ring)) return run;
    const { transactions } = this.#ports;
    for (const at of followersOf(head, ring, this.#ports.now(), this.#settings.maxRootsPerTransaction)) {
      if (!this.#ledger.owns(at) || whyUnpublishable(at.root, transactions) !== undefined) break;
      // What speaks against it is said when it is the oldest.
      if (!(await this.#isFree(at, ring)) || this.#policies.letGoBy(at) !== undefined) break;
      if ((await this.#policies.whyNot(at, ring, lanes)) !== undefined) break;
      run.push(at);
    }
    return run;
  }

  async #isFree(at: PlacedRoot, ring: Ring): Promise<boolean> {
    try {
      return (await this.#claims.whyNot(at, ring, this.#ports.transactions.payer)) === undefined;
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      return false;
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

  #readAccounts(roots: readonly PlacedRoot[], commitment: 'confirmed' | 'finalized'): Promise<AccountsRead> {
    const channels = roots.map(({ root }) => root.channel);
    return readAccounts(this.#rpc, channels, this.#ports.transactions.payer, commitment);
  }

  /** Ends the roots that the ledger has on chain by another record of them; returns the others. */
  async #finishKnown(due: readonly PlacedRoot[]): Promise<PlacedRoot[]> {
    const left: PlacedRoot[] = [];
    for (const at of due) {
      if (at.lane.published.outcomeOf(at.root) !== 'onChain') left.push(at);
      // A HELD row of this record must not be the last word.
      else if (at.job.kind === 'held') await this.#decisions.alreadySettled(at, holds.SETTLED_BEFORE);
      else at.lane.finish(at);
    }
    return left;
  }

  /** Holds the roots whose claims stand on chain under another epoch, or may; returns the others. */
  async #holdDoubles(roots: readonly PlacedRoot[], { rings, protocol }: AccountsRead): Promise<PlacedRoot[]> {
    const payer = this.#ports.transactions.payer ?? (isUnreadable(protocol) ? undefined : protocol?.publisher);
    const left: PlacedRoot[] = [];
    for (const at of roots) {
      const ring = rings.get(at.root.channel);
      try {
        const why = isUnreadable(ring) ? undefined : await this.#claims.whyNot(at, ring, payer);
        if (why === undefined) left.push(at);
        else await this.#decisions.holdOrPassOver(at, why);
      } catch (error) {
        if (!(error instanceof CallFailed)) throw error;
        await this.#decisions.troubled(at, error);
      }
    }
    return left;
  }

  /** Holds the roots behind a conflict and those that no transaction can carry; returns the others. */
  async #holdHopeless(due: readonly PlacedRoot[]): Promise<PlacedRoot[]> {
    const hopeful: PlacedRoot[] = [];
    for (const at of due) {
      const conflict = at.lane.stoppedBy(at.root.channel);
      const why = whyUnpublishable(at.root, this.#ports.transactions);
      if (why !== undefined) await this.#decisions.holdOrPassOver(at, holds.unpublishableHold(at.root, why));
      else if (conflict !== undefined) await this.#decisions.hold(at, holds.stoppedHold(at.root, conflict.epoch));
      else hopeful.push(at);
    }
    return hopeful;
  }

  /** What the ring says of each root; roots of which it says nothing are held or asked for again. */
  async #judge(roots: readonly PlacedRoot[], { rings, failed }: AccountsRead): Promise<Judged[]> {
    const judged: Judged[] = [];
    for (const at of roots) {
      const failure = failed.get(at.root.channel);
      const ring = rings.get(at.root.channel);
      if (failure !== undefined) await this.#decisions.troubled(at, failure);
      else if (isUnreadable(ring)) await this.#decisions.hold(at, holds.unreadableHold(at.root, ring));
      else judged.push({ at, verdict: judgeRing(at.root, ring) });
    }
    return judged;
  }

  /** What a confirmed block says may be rolled back: only the finalised account decides. */
  async #decideRefused(refusals: readonly Judged[]): Promise<void> {
    if (refusals.length === 0) return;
    const roots = refusals.map(({ at }) => at);
    const atConfirmed = new Map(refusals.map(({ at, verdict }) => [at, verdict]));
    const accounts = await this.#readAccounts(roots, 'finalized');
    for (const { at, verdict } of await this.#judge(roots, accounts)) {
      const { root } = at;
      if (verdict.kind !== atConfirmed.get(at)?.kind) {
        at.move((job) => postponed(job, this.#ports.now() + this.#settings.pollMs));
      } else if (verdict.kind === 'settled') await this.#decisions.alreadySettled(at);
      else if (verdict.kind === 'conflict')
        await this.#decisions.conflict(at, holds.conflictReason(root, verdict.rootOnChain));
      else if (verdict.kind === 'passed') await this.#passed(at, verdict, accounts.rings.get(root.channel));
    }
  }

  /** The ring has gone past it: published once, or refused for good. */
  async #passed(
    at: PlacedRoot,
    verdict: Extract<RingVerdict, { kind: 'passed' }>,
    ring: Ring | Unreadable,
  ): Promise<void> {
    try {
      const published = !isUnreadable(ring) && (await this.#claims.wasPublished(at, ring));
      if (published) await this.#decisions.alreadySettled(at, holds.PUBLISHED_BEFORE);
      else await this.#decisions.holdOrPassOver(at, holds.passedHold(at.root, verdict));
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      await this.#decisions.troubled(at, error);
    }
  }

  /** AUTO_PUBLISH is off: says once of each root what would be sent. */
  async #holdAll(roots: readonly PlacedRoot[], accounts: AccountsAnswer): Promise<void> {
    for (const at of roots) {
      const isTold = isHeldBy(at, holds.AUTO_PUBLISH_OFF);
      await this.#decisions.hold(at, isTold ? holds.autoPublishHold('') : await this.#dryRun.of(at.root, accounts));
    }
  }

  /** Holds the roots that the chain refused too often; returns the others. */
  async #holdExhausted(roots: readonly PlacedRoot[]): Promise<PlacedRoot[]> {
    const { maxFailures, maxLostLamports } = this.#settings;
    const left: PlacedRoot[] = [];
    for (const at of roots) {
      const tally = tallyOf(at.job);
      if (tally.failures < maxFailures && tally.lostLamports <= maxLostLamports) left.push(at);
      else await this.#decisions.holdOrPassOver(at, holds.exhaustedHold(at.root, tally));
    }
    return left;
  }

  /** Holds the roots that a policy is against; returns the others. */
  async #holdUnwanted(
    roots: readonly PlacedRoot[],
    { rings }: AccountsRead,
    lanes: readonly Lane[],
  ): Promise<PlacedRoot[]> {
    const left: PlacedRoot[] = [];
    for (const at of roots) {
      const ring = rings.get(at.root.channel);
      const why = isUnreadable(ring) ? undefined : await this.#policies.whyNot(at, ring, lanes);
      if (why === undefined) {
        const by = this.#policies.letGoBy(at);
        if (by !== undefined) await this.#decisions.letGo(at, by);
        left.push(at);
      } else if (why.code === 'POLICY_UNKNOWN') await this.#decisions.tryLater(at, why);
      else await this.#decisions.hold(at, why);
    }
    return left;
  }
}

function readableRings({ rings }: AccountsAnswer): Map<string, Ring> {
  return new Map([...rings].flatMap(([channel, ring]) => (isUnreadable(ring) ? [] : [[channel, ring] as const])));
}
