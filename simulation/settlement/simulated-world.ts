/** Kafka and workers around the simulated chain: a topic of roots, a ledger, committed offsets, workers that die. */

import type { SettlementRecord } from '../../schemas/records.ts';
import { ledgerFromOf } from '../../sinks/settlement/core/lane.ts';
import { isTerminal, LedgerFold, type LedgerRow } from '../../sinks/settlement/core/ledger-history.ts';
import { DecisionBook } from '../../sinks/settlement/core/policy/decision-book.ts';
import type { PolicyEvidence } from '../../sinks/settlement/core/policy/evidence.ts';
import { NO_POLICIES } from '../../sinks/settlement/core/policy/policies.ts';
import type { Chain, SettlerPorts, TransactionFactory } from '../../sinks/settlement/core/ports.ts';
import type { RootToSettle } from '../../sinks/settlement/core/root-job.ts';
import type { SettlerSettings } from '../../sinks/settlement/core/settings.ts';
import { Settler } from '../../sinks/settlement/core/settler.ts';
import type { SettlerEvent } from '../../sinks/settlement/core/settler-event.ts';
import { SimulatedChain, SimulatedTransactions } from './simulated-chain.ts';

export const SETTINGS: SettlerSettings = {
  autoPublish: true,
  worker: 'worker',
  maxRootsPerTransaction: 60,
  version1: true,
  lingerMs: 250,
  pollMs: 1000,
  rebroadcastMs: 2000,
  holdRetryMs: 60_000,
  priorityFee: { mode: 'estimate', cap: 50_000 },
  maxFailures: 5,
  maxLostLamports: 500_000n,
  policies: NO_POLICIES,
  giveUp: new Map(),
};

class Crash extends Error {}

/** When a worker dies: at the nth call to the world, before the call has effect or after it. */
export interface CrashPoint {
  readonly call: number;
  readonly after: boolean;
}

export function rootHex(channel: string, epoch: bigint): string {
  return Buffer.from(`${channel}/${epoch}`).toString('hex').padEnd(64, '0').slice(0, 64);
}

export class SimulatedWorld {
  readonly clock: { nowMs: number };
  readonly partition: number;
  readonly chain: SimulatedChain;
  /** What people decide. */
  decisions = new DecisionBook();
  /** What the policies of workers see. */
  evidence: PolicyEvidence | undefined;
  readonly topic: RootToSettle[] = [];
  readonly ledger: LedgerRow[] = [];
  readonly events: SettlerEvent[] = [];
  committed: { offset: bigint; metadata: string } = { offset: 0n, metadata: '' };
  /** Offsets that were committed before their root was done. */
  readonly earlyCommits: bigint[] = [];
  /** Whether somebody says now that a transaction is final, true or not. */
  notices: () => boolean = () => false;
  /** False: what is about to be sent is not written down first. */
  keepsPending = true;
  /** Calls that workers made to the world. */
  calls = 0;

  /** @param beside Of the same deployment: another partition of the same topics, beside the same chain. */
  constructor(random: () => number, beside?: SimulatedWorld) {
    this.clock = beside?.clock ?? { nowMs: 1_000_000 };
    this.chain = beside?.chain ?? new SimulatedChain(this.clock, random);
    this.partition = beside === undefined ? 3 : beside.partition + 1;
  }

  /** @param startSlot Of ten slots. Default: those of the epoch in a numbering from 0. */
  addRoot(
    channel: string,
    epoch: bigint,
    root = rootHex(channel, epoch),
    startSlot = Number(epoch) * 10,
    count = 3,
  ): void {
    const offset = BigInt(this.topic.length);
    this.topic.push({
      partition: this.partition,
      offset,
      nextOffset: offset + 1n,
      channel,
      epoch,
      root,
      count,
      startSlot,
      endSlot: startSlot + 9,
      recordedAtMs: this.clock.nowMs,
    });
  }

  startWorker(settings: Partial<SettlerSettings> = {}, crash?: CrashPoint, transactions?: TransactionFactory): Worker {
    return new Worker(this, { ...SETTINGS, ...settings }, crash, transactions ?? new SimulatedTransactions());
  }

  rowsOf({ offset }: RootToSettle): SettlementRecord[] {
    return this.ledger.map(({ record }) => record).filter(({ rootOffset }) => BigInt(rootOffset) === offset);
  }

  get allCommitted(): boolean {
    return this.committed.offset === BigInt(this.topic.length);
  }

  /** Runs a worker for some time. */
  async runFor(worker: Worker, durationMs: number): Promise<void> {
    const endMs = this.clock.nowMs + durationMs;
    for (; this.clock.nowMs < endMs; this.clock.nowMs += 200) await worker.step();
  }

  /** Appends a row as a worker that is dead by now did. */
  appendRow(root: RootToSettle, row: Partial<SettlementRecord> & Pick<SettlementRecord, 'status'>): void {
    const record: SettlementRecord = {
      ...{ channel: root.channel, epoch: root.epoch, root: root.root, attempt: 1, signature: null },
      ...{ lastValidBlockHeight: null, slot: null, feeLamports: null, computeUnits: null, reason: null },
      ...{ rootPartition: this.partition, rootOffset: Number(root.offset), at: this.clock.nowMs, worker: 'dead' },
      ...row,
    };
    this.ledger.push({ offset: BigInt(this.ledger.length), record });
  }

  /**
   * Runs workers in turn until everything is committed, replacing each that dies.
   * @param next Makes the worker that takes a dead one's place.
   */
  async run(
    first: readonly Worker[],
    next: () => Worker = () => this.startWorker(),
    limitMs = 3_600_000,
  ): Promise<void> {
    const workers = [...first];
    const endMs = this.clock.nowMs + limitMs;
    while (!this.allCommitted && this.clock.nowMs < endMs) {
      for (const [index, worker] of workers.entries()) {
        if (!worker.dead) await worker.step();
        if (worker.dead) workers[index] = next();
      }
      const wake = Math.min(...workers.map((worker) => worker.settler.nextWakeMs));
      this.clock.nowMs = Math.max(this.clock.nowMs + 50, Math.min(wake, this.clock.nowMs + 1000));
    }
  }

  commit(offset: bigint, metadata: string): void {
    for (const root of this.topic.slice(0, Number(offset))) {
      if (!this.rowsOf(root).some(({ status }) => isTerminal(status))) this.earlyCommits.push(root.offset);
    }
    if (offset > this.committed.offset) this.committed = { offset, metadata };
  }
}

export class Worker {
  readonly settler: Settler;
  dead = false;
  owner = true;
  /** The brokers refuse its rows: another took the partition over. */
  fenced = false;
  /** Happens before each append. */
  onAppend: () => void = () => undefined;
  readonly #world: SimulatedWorld;
  readonly #crash: CrashPoint | undefined;
  readonly #watched = new Set<string>();
  #read = 0n;
  #calls = 0;

  constructor(
    world: SimulatedWorld,
    settings: SettlerSettings,
    crash: CrashPoint | undefined,
    transactions: TransactionFactory,
  ) {
    this.#world = world;
    this.#crash = crash;
    const ports: SettlerPorts = {
      chain: this.#mortal(world.chain),
      transactions,
      ledger: { append: (_partition, rows) => this.#call(() => this.#append(rows)) },
      offsets: {
        owns: () => this.owner && !this.dead,
        commit: (_partition, offset, metadata) => this.#call(() => world.commit(offset, metadata)),
      },
      evidence: world.evidence,
      notice: {
        watch: (signature) => this.#watched.add(signature),
        forget: (signature) => this.#watched.delete(signature),
      },
      decisions: world.decisions,
      now: () => world.clock.nowMs,
      observe: (event) => world.events.push(event),
    };
    this.settler = new Settler(ports, settings);
    this.settler.assign([world.partition], 1);
    this.#read = world.committed.offset;
    const from = ledgerFromOf(world.committed.metadata) ?? 0n;
    const fold = new LedgerFold(world.partition, from);
    for (const row of world.ledger) fold.add(row);
    for (const root of world.topic) fold.published.noteSlots(root, root);
    this.settler.load(world.partition, 1, fold.history(BigInt(world.ledger.length)));
  }

  async step(): Promise<void> {
    for (const root of this.#world.topic.slice(Number(this.#read))) this.settler.enqueue(root);
    this.#read = BigInt(this.#world.topic.length);
    for (const signature of this.#watched) if (this.#world.notices()) this.settler.noticed(signature);
    try {
      await this.settler.step();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
  }

  #append(rows: readonly SettlementRecord[]): bigint[] | undefined {
    this.onAppend();
    if (this.fenced) {
      // From the first refusal on it holds the partition's ledger no more.
      this.owner = false;
      return undefined;
    }
    return rows.map((record) => {
      const offset = BigInt(this.#world.ledger.length);
      if (this.#world.keepsPending || record.status !== 'PENDING') this.#world.ledger.push({ offset, record });
      return offset;
    });
  }

  /** Every call is a point at which the worker may die. */
  async #call<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.dead) throw new Crash();
    this.#calls += 1;
    this.#world.calls += 1;
    const dies = this.#crash?.call === this.#calls;
    if (dies && !this.#crash.after) this.#die();
    const answer = await work();
    if (dies) this.#die();
    return answer;
  }

  #die(): never {
    this.dead = true;
    throw new Crash();
  }

  #mortal(chain: Chain): Chain {
    return {
      finalizedHead: () => this.#call(() => chain.finalizedHead()),
      statuses: (signatures) => this.#call(() => chain.statuses(signatures)),
      accounts: (...args) => this.#call(() => chain.accounts(...args)),
      latestBlockhash: () => this.#call(() => chain.latestBlockhash()),
      simulate: (wire) => this.#call(() => chain.simulate(wire)),
      recentPriorityFees: (channels) => this.#call(() => chain.recentPriorityFees(channels)),
      rentExemptLamports: (bytes) => this.#call(() => chain.rentExemptLamports(bytes)),
      send: (wire) => this.#call(() => chain.send(wire)),
      channelHistory: (...args) => this.#call(() => chain.channelHistory(...args)),
      cost: (signature) => this.#call(() => chain.cost(signature)),
    };
  }
}
