/**
 * Brings roots on chain, in the order of their channel, exactly once each. One `step` does all that is due; the caller
 * waits until `nextWakeMs`. A root goes: account read → (already there: ALREADY_SETTLED | other root: CONFLICT | hindered:
 * HELD | PENDING written → sent → sent again → CONFIRMED → FINALIZED | FAILED → account read …). A worker that dies anywhere
 * goes on from the ledger alone.
 */

import { AttemptFollower } from './attempt-follower.ts';
import { JobLedger } from './job-ledger.ts';
import { Lane } from './lane.ts';
import type { LedgerHistory } from './ledger-history.ts';
import { lingerMs } from './poll-pause.ts';
import type { SettlerPorts } from './ports.ts';
import type { RingAlarmKind } from './ring-alarm.ts';
import { RingWatch } from './ring-watch.ts';
import { postponed, type RootToSettle } from './root-job.ts';
import { RootPublisher } from './root-publisher.ts';
import { CallFailed, RpcGate, RpcPaused } from './rpc-gate.ts';
import { isGivenUp, type SettlerSettings } from './settings.ts';
import { FormChoice } from './transaction-form.ts';
import { WaitingRoots } from './waiting-roots.ts';

/** Commits that failed are tried again after this pause. */
const COMMIT_RETRY_MS = 1000;
/** Without work the chain is looked at this often, for readiness, its pace and the balance. */
const PROBE_MS = 10_000;

/** How many roots are in which state. */
export interface SettlerCounts {
  /** Transactions under way. */
  readonly pending: number;
  /** Held roots by reason code. */
  readonly held: ReadonlyMap<string, number>;
  readonly stoppedChannels: number;
  /** Records read and not committed. */
  readonly queued: number;
}

export class Settler {
  readonly #ports: SettlerPorts;
  readonly #settings: SettlerSettings;
  readonly #rpc: RpcGate;
  readonly #follower: AttemptFollower;
  readonly #publisher: RootPublisher;
  readonly #waiting: WaitingRoots;
  readonly #rings: RingWatch;
  readonly #lanes = new Map<number, Lane>();
  #commitNotBeforeMs = 0;
  #nextProbeMs = 0;

  constructor(ports: SettlerPorts, settings: SettlerSettings) {
    this.#ports = ports;
    this.#settings = settings;
    this.#rpc = new RpcGate(ports);
    const ledger = new JobLedger(ports, settings.worker);
    const forms = new FormChoice(() => ports.now(), settings.version1);
    this.#follower = new AttemptFollower(ports, settings, this.#rpc, ledger, forms);
    this.#publisher = new RootPublisher(ports, settings, this.#rpc, ledger, this.#follower, forms);
    this.#rings = new RingWatch(ports, this.#rpc);
    this.#waiting = new WaitingRoots(ports, ledger);
  }

  /** Starts anew for exactly these partitions; each needs `load` before anything is sent for it. */
  assign(partitions: readonly number[], generation: number): void {
    for (const lane of this.#lanes.values()) this.#follower.releaseLane(lane);
    this.#lanes.clear();
    for (const partition of partitions) {
      const givenUp = (channel: string, epoch: bigint): boolean =>
        isGivenUp(this.#settings, channel, epoch) || this.#ports.decisions?.givenUpBy(channel, epoch) !== undefined;
      this.#lanes.set(partition, new Lane({ partition, generation, isGivenUp: givenUp }));
    }
  }

  /** Hands in what the ledger says of a partition; ignored when the generation is over. */
  load(partition: number, generation: number, history: LedgerHistory): void {
    const lane = this.#lanes.get(partition);
    if (lane === undefined || lane.generation !== generation || lane.loaded) return;
    for (const [at, attempts] of lane.load(history)) {
      for (const open of attempts) this.#follower.resume(at, open);
    }
  }

  enqueue(root: RootToSettle): void {
    const dueAtMs = this.#ports.now() + lingerMs(this.#rpc.pace, this.#settings.lingerMs);
    const added = this.#lanes.get(root.partition)?.enqueue(root, dueAtMs);
    for (const open of added?.open ?? []) if (added !== undefined) this.#follower.resume(added.placed, open);
  }

  /** Somebody says that a transaction is final. */
  noticed(signature: string): void {
    this.#follower.noticed(signature);
  }

  /** Somebody has decided about a channel: its held roots are looked at now. */
  decided(channel: string): void {
    for (const lane of this.#lanes.values()) {
      lane.goOnGivenUp();
      for (const at of lane.candidates(true)) {
        if (at.root.channel === channel && at.job.kind === 'held') at.move((job) => postponed(job, this.#ports.now()));
      }
    }
  }

  /** Counts a record that is no root, and was put aside, as finished. */
  passOver(partition: number, offset: bigint, nextOffset: bigint): void {
    this.#lanes.get(partition)?.passOver(offset, nextOffset);
  }

  /** Records of a partition read and not committed. */
  queued(partition: number): number {
    return this.#lanes.get(partition)?.size ?? 0;
  }

  /** Begins no publication any more; what a step has begun it ends. */
  drain(): void {
    this.#publisher.drain();
  }

  get allLoaded(): boolean {
    return [...this.#lanes.values()].every(({ loaded }) => loaded);
  }

  /** Does what is due. Trouble of the chain is told to the observer and never thrown. */
  async step(): Promise<void> {
    try {
      if (this.#rpc.closedUntilMs <= this.#ports.now()) {
        await this.#follower.follow();
        await this.#publisher.publishDue(this.#lanes.values());
        if (this.#settings.autoPublish) await this.#waiting.say(this.#lanes.values());
        await this.#probe();
      }
    } catch (error) {
      if (!(error instanceof RpcPaused)) throw error;
    } finally {
      await this.#commit();
    }
  }

  async #probe(): Promise<void> {
    const nowMs = this.#ports.now();
    if (nowMs < this.#nextProbeMs) return;
    const { payer } = this.#ports.transactions;
    this.#nextProbeMs = nowMs + PROBE_MS;
    await this.#rpc.finalizedHead();
    try {
      const { payerLamports } = await this.#rpc.call('accounts', (chain) => chain.accounts([], payer, 'confirmed'));
      if (payer !== undefined) this.#ports.observe({ kind: 'balance', lamports: payerLamports });
    } catch (error) {
      // The next look will tell; only the balance depends on it.
      if (!(error instanceof CallFailed)) throw error;
    }
    // With another publisher beside, every root is somebody else's.
    if (this.#settings.autoPublish) await this.#rings.look([...this.#lanes.values()]);
  }

  /** Alarms of rings that stand, by kind. */
  ringAlarms(kind: RingAlarmKind): number {
    return this.#rings.count(kind);
  }

  /** When `step` has something to do again, Unix milliseconds. */
  get nextWakeMs(): number {
    const work = Math.min(
      this.#follower.nextPollMs,
      this.#publisher.nextDueMs(this.#lanes.values()),
      this.#nextProbeMs,
    );
    const uncommitted = [...this.#lanes.values()].some((lane) => lane.commitTarget() !== undefined);
    const commit = uncommitted ? this.#commitNotBeforeMs : Number.POSITIVE_INFINITY;
    return Math.min(Math.max(work, this.#rpc.closedUntilMs), commit);
  }

  async #commit(): Promise<void> {
    const nowMs = this.#ports.now();
    if (nowMs < this.#commitNotBeforeMs) return;
    for (const lane of this.#lanes.values()) {
      const target = lane.commitTarget();
      if (target === undefined || !this.#ports.offsets.owns(lane.partition, lane.generation)) continue;
      try {
        await this.#ports.offsets.commit(lane.partition, target.offset, target.metadata);
        lane.committed(target.offset);
        this.#ports.observe({ kind: 'committed', partition: lane.partition, offset: target.offset });
      } catch (error) {
        this.#commitNotBeforeMs = nowMs + COMMIT_RETRY_MS;
        this.#ports.observe({ kind: 'commitFailed', partition: lane.partition, error });
      }
    }
  }

  get counts(): SettlerCounts {
    const held = new Map<string, number>();
    let queued = 0;
    let stoppedChannels = 0;
    for (const lane of this.#lanes.values()) {
      queued += lane.size;
      stoppedChannels += lane.stoppedChannels;
      for (const { job } of lane.candidates(true)) {
        if (job.kind === 'held') held.set(job.code, (held.get(job.code) ?? 0) + 1);
      }
    }
    return { pending: this.#follower.size, held, stoppedChannels, queued };
  }
}
