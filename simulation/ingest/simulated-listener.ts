/** The listener's real core on the simulated chain, topic and clock: started, killed, started again. */

import { PROGRAM_ID } from '@attention-oracle/sdk';
import { ListenerState } from '../../producers/listener/core/emission/listener-state.ts';
import { restoreEmissions } from '../../producers/listener/core/emission/restore-emissions.ts';
import { WriteQueue } from '../../producers/listener/core/emission/write-queue.ts';
import { LivePath } from '../../producers/listener/core/live/live-path.ts';
import type { EventLog, Observer } from '../../producers/listener/core/ports.ts';
import { pollConfirmed, reconcileLoop } from '../../producers/listener/core/proof/reconcile-loop.ts';
import { Reconciler } from '../../producers/listener/core/proof/reconciler.ts';
import { FinalityWatch } from '../../producers/listener/core/reading/finality.ts';
import { emptyCursor } from '../../producers/listener/core/reading/start-position.ts';
import { RpcChainReader } from '../../producers/listener/io/reading/rpc-chain-reader.ts';
import { codeOf } from '../../runtime/errors.ts';
import type { History, HistoryTransaction } from './history.ts';
import { SimulatedRpc, type SimulatedRpcOptions } from './simulated-rpc.ts';
import type { SimulatedTopic } from './simulated-topic.ts';

const INTERVAL_MS = 2000;
const OVERLAP_SLOTS = 8;

export interface SimulatedListenerOptions extends SimulatedRpcOptions {
  readonly name: string;
  readonly topic: SimulatedTopic;
  readonly observer: Observer;
  /** How far the machine's wall clock is off. */
  readonly skewMs: number;
}

export class SimulatedListener {
  readonly #options: SimulatedListenerOptions;
  readonly #abort = new AbortController();
  readonly #rpc: SimulatedRpc;
  readonly #chain: RpcChainReader;
  readonly #state = new ListenerState(OVERLAP_SLOTS);
  #log: EventLog;
  #live: LivePath | undefined;
  #outage = false;
  /** What made it end by itself; undefined while it runs. */
  ended: unknown;

  constructor(options: SimulatedListenerOptions) {
    this.#options = options;
    this.#rpc = new SimulatedRpc(options, this.#abort.signal);
    this.#chain = new RpcChainReader(this.#rpc, PROGRAM_ID);
    this.#log = options.topic.own(options.name, this.#abort.signal);
    void this.#run().catch((error: unknown) => {
      if (!this.#abort.signal.aborted) this.ended = error;
    });
  }

  /** Free failures that were asked for one by one. */
  get spamFetched(): number {
    return this.#rpc.spamFetched;
  }

  get cursorSlot(): number {
    return this.#state.cursor?.slot ?? -1;
  }

  /** As kill -9: nothing more of it has any effect. */
  kill(): void {
    this.#abort.abort(new Error('killed'));
  }

  async #run(): Promise<void> {
    const { clock, random, observer, plan, counts } = this.#options;
    const { signal } = this.#abort;
    await this.#takeOver();
    const queue = new WriteQueue({
      log: { commit: (records) => this.#log.commit(records) },
      recover: () => this.#takeOver(),
      fenced: (error) => (this.ended = error),
    });
    const finality = new FinalityWatch({
      chain: this.#chain,
      clock,
      onChange: ({ oneStep }) => counts.add('oneStep', Number(oneStep)),
    });
    const ports = {
      chain: this.#chain,
      queue,
      state: this.#state,
      clock,
      random: random.next,
      observer,
      signal,
      finality,
    };
    const { skipFailed, chunkRows } = plan;
    const identity = { source: this.#options.name, programId: PROGRAM_ID, concurrency: 4, skipFailed };
    const live = new LivePath(ports, { ...identity, queueLimit: 40, pendingLimit: 500 });
    this.#live = live;
    const reconciler = new Reconciler(
      { ...ports, wallMs: () => clock.nowMs() + this.#options.skewMs, missedByLive: () => false },
      { ...identity, wantedAtOnce: 4, compareShare: 0.05, lastSlot: undefined, chunkRows, retryMs: 500 },
    );
    const subscribed = (): boolean => !plan.noSocket && !this.#outage;
    await finality.look();
    if (!plan.noSocket) void this.#subscribe(live, finality).catch(() => undefined);
    await reconcileLoop({ ...ports, reconciler, live, subscribed, onRound: () => undefined }, INTERVAL_MS);
  }

  /** Fences and reads back, as often as it takes. */
  async #takeOver(): Promise<void> {
    const { topic, name, clock } = this.#options;
    const { signal } = this.#abort;
    for (;;) {
      signal.throwIfAborted();
      await clock.sleep(20, signal);
      this.#log = topic.own(name, signal);
      const stored = topic.cursor(name);
      const cursor = stored ?? emptyCursor(name, 0, topic.endOffsets(), clock.nowMs(), 'simulated');
      try {
        if (stored === undefined) await this.#log.commit([{ kind: 'cursor', cursor }]);
      } catch (error) {
        if (codeOf(error) === 'TRANSACTION_FAILED') continue;
        throw error;
      }
      this.#state.restore(cursor, restoreEmissions(stored === undefined ? [] : topic.ownRecords(name, cursor)));
      return;
    }
  }

  /** Tells of each landing when its slot is confirmed, or final, unless the socket is down or the message is lost. */
  async #subscribe(live: LivePath, finality: FinalityWatch): Promise<void> {
    const { clock, random, plan, counts, calmAfterMs, history, observer } = this.#options;
    const { signal } = this.#abort;
    const landings = landingsBySlot(history);
    let told = this.#rpc.tipSlot();
    for (;;) {
      const next = history.times.slotAt(clock.nowMs()) + 1;
      await clock.sleep(history.times.startMs(next) - clock.nowMs(), signal);
      const faulty = clock.nowMs() < calmAfterMs;
      if (faulty && !this.#outage && random.chance(plan.outageShare / 10)) {
        counts.add('socketOutage');
        this.#outage = true;
      } else if (this.#outage && (!faulty || random.chance(0.1))) {
        this.#outage = false;
        void pollConfirmed({ chain: this.#chain, live, state: this.#state, observer, signal });
      }
      const tip = this.#rpc.tipSlot();
      const upTo = finality.oneStep ? history.finalizedSlot(tip) : tip - 1;
      for (told += 1; told <= upTo; told += 1) {
        if (this.#outage) continue;
        for (const { signature, failed } of landings.get(told) ?? []) {
          const noticed = { signature, slot: told, failed };
          if (faulty && random.chance(plan.notificationDropShare)) counts.add('notificationDropped');
          else live.offer(noticed);
          if (faulty && random.chance(0.02)) {
            counts.add('notificationDoubled');
            live.offer(noticed);
          }
        }
      }
      told = upTo;
    }
  }

  /** Signatures under way on the live path. */
  get liveDepth(): number {
    return this.#live?.depth ?? 0;
  }
}

function landingsBySlot(history: History): ReadonlyMap<number, readonly HistoryTransaction[]> {
  const landings = new Map<number, HistoryTransaction[]>();
  for (const transaction of history.transactions) {
    for (const { slot } of transaction.landings) landings.set(slot, [...(landings.get(slot) ?? []), transaction]);
  }
  return landings;
}
