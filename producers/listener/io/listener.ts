/** One running listener: its parts put together, started in order, stopped in order. */

import { setTimeout as delay } from 'node:timers/promises';
import { AppError, codeOf } from '../../../runtime/errors.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import { connectTopics } from '../../../runtime/kafka/connect.ts';
import type { Checks } from '../../../runtime/ops-server.ts';
import type { RoleContext } from '../../../runtime/role.ts';
import { waitingFor } from '../../../runtime/wait-for.ts';
import { websocketUrls } from '../../../runtime/websocket-urls.ts';
import type { ListenerConfig } from '../config.ts';
import { ListenerState } from '../core/emission/listener-state.ts';
import { WriteQueue } from '../core/emission/write-queue.ts';
import { LivePath } from '../core/live/live-path.ts';
import { reconcileLoop } from '../core/proof/reconcile-loop.ts';
import { Reconciler, type Round } from '../core/proof/reconciler.ts';
import { Standstill } from '../core/proof/standstill.ts';
import { FinalityWatch } from '../core/reading/finality.ts';
import { Behind } from './behind.ts';
import { ListenerLog } from './emission/listener-log.ts';
import { NdjsonLog } from './emission/ndjson-log.ts';
import { ListenerMetrics } from './listener-metrics.ts';
import { LiveSource } from './live/live-source.ts';
import { LoggingObserver } from './observer.ts';
import { createRpcClient } from './reading/chain-client.ts';
import { findBeginning } from './reading/first-slot.ts';
import { wantedAtOnce } from './reading/gathered-transactions.ts';
import { RpcChainReader } from './reading/rpc-chain-reader.ts';
import type { RpcClient } from './reading/rpc-client.ts';
import { tellRings } from './ring-survey.ts';
import { systemClock } from './system-clock.ts';
import { ThrottledLog } from './throttled-log.ts';

/** Without any sign of life for this long, only a restart helps. */
const LIVE_MS = 300_000;
/** An RPC server that answered within this time counts as there. */
const RPC_READY_MS = 30_000;
const DRAIN_MS = 2000;
/** Signatures of one chunk of a long history. */
export const CHUNK_ROWS = 2000;
/** What is held while the listener stands still. */
const HELD = 'the watermark';
const PENDING_LIMIT = 20_000;
const RETRY_MS = 500;

type Context = RoleContext<ListenerConfig>;

export class Listener {
  readonly #context: Context;
  readonly #kafka: KafkaClient;
  readonly #metrics: ListenerMetrics;
  readonly #throttled: ThrottledLog;
  readonly #ndjson: NdjsonLog | undefined;
  readonly #rpcAbort = new AbortController();
  readonly #rpc: RpcClient;
  readonly #chain: RpcChainReader;
  readonly #state: ListenerState;
  #log: ListenerLog | undefined;
  #queue: WriteQueue | undefined;
  #live: LivePath | undefined;
  #source: LiveSource | undefined;
  #running: Promise<void> | undefined;
  #aliveMs = Date.now();
  #answeredMs = 0;
  #firstTip: number | undefined;
  #reconciled = false;
  readonly #standstill = new Standstill();
  readonly #behind: Behind;

  private constructor(context: Context, kafka: KafkaClient, ndjson: NdjsonLog | undefined) {
    const { config } = context;
    this.#context = context;
    this.#kafka = kafka;
    this.#ndjson = ndjson;
    this.#metrics = new ListenerMetrics(context.metrics);
    this.#throttled = new ThrottledLog(context.log);
    const answered = (): void => void (this.#answeredMs = Date.now());
    this.#rpc = createRpcClient(config, this.#metrics, this.#throttled, this.#rpcAbort.signal, answered);
    this.#chain = new RpcChainReader(this.#rpc, config.AO_PROGRAM_ID, config.RPC_CONCURRENCY);
    this.#state = new ListenerState(config.RECONCILE_OVERLAP_SLOTS);
    this.#behind = new Behind({ chain: this.#chain, clock: systemClock, metrics: this.#metrics });
  }

  /** @throws AppError NDJSON_LOG_UNUSABLE */
  static async create(context: Context, kafka: KafkaClient): Promise<Listener> {
    const { NDJSON_LOG_DIR: directory, NDJSON_LOG_TOTAL_MB: totalMb, NDJSON_LOG_FORMAT: format } = context.config;
    if (directory === undefined) return new Listener(context, kafka, undefined);
    try {
      const ndjson = await NdjsonLog.open({ directory, totalMb, format, log: context.log });
      return new Listener(context, kafka, ndjson);
    } catch (cause) {
      throw new AppError(
        'NDJSON_LOG_UNUSABLE',
        `The folder NDJSON_LOG_DIR (${directory}) cannot be written; choose another or leave the variable out.`,
        { cause },
      );
    }
  }

  /** Begins in the background: Kafka, registry and RPC may come later than this process. */
  start(): void {
    const { signal, fail } = this.#context;
    this.#running = this.#run().catch((error: unknown) => {
      if (!signal.aborted) fail(error);
    });
  }

  isLive(): boolean {
    return Date.now() - this.#aliveMs < LIVE_MS;
  }

  ready(): Checks {
    return {
      kafka: this.#queue !== undefined,
      rpc: Date.now() - this.#answeredMs < RPC_READY_MS,
      reconciled: this.#reconciled,
    };
  }

  /** What is under way is finished and written, as far as two seconds allow; nothing is lost beyond. */
  async stop(): Promise<void> {
    this.#source?.stop();
    await atMost(this.#live?.idle(), DRAIN_MS);
    this.#rpcAbort.abort();
    await atMost(this.#running, DRAIN_MS / 2);
    await atMost(this.#queue?.close(), DRAIN_MS / 2);
    await atMost(this.#log?.close(), DRAIN_MS / 4);
    await atMost(this.#ndjson?.close(), DRAIN_MS / 4);
  }

  async #run(): Promise<void> {
    const { config, log, signal, holds, fail: onChange } = this.#context;
    const waitFor = waitingFor(log, signal, holds);
    const { topics, codec } = await connectTopics(this.#kafka, config, waitFor, { signal, onChange });
    const listenerLog = new ListenerLog({
      kafka: this.#kafka,
      codec,
      topics,
      settings: config,
      listenerId: config.LISTENER_ID,
      programId: config.AO_PROGRAM_ID,
      state: this.#state,
      log,
      signal,
      beginning: () => findBeginning(this.#chain, config.START_SLOT, log),
    });
    this.#log = listenerLog;
    this.#tellRings(topics.roots);
    const takeOver = (): Promise<void> => waitFor('the position', () => listenerLog.takeOver());
    await takeOver();
    this.#queue = new WriteQueue({
      log: listenerLog.events,
      recover: async () => {
        log.warn('a transaction failed: reading back what was committed');
        await takeOver();
      },
      fenced: (error) => this.#context.fail(error),
    });
    await this.#listen(this.#queue);
  }

  /** Beside the listening, which does not need it. */
  #tellRings(rootsTopic: string): void {
    const { config, log } = this.#context;
    const parts = { kafka: this.#kafka, rpc: this.#rpc, signal: this.#rpcAbort.signal, log, rootsTopic };
    tellRings({ ...parts, programId: config.AO_PROGRAM_ID }).catch(() => undefined);
  }

  async #listen(queue: WriteQueue): Promise<void> {
    const { config, signal, log } = this.#context;
    const observer = new LoggingObserver({
      log,
      throttled: this.#throttled,
      metrics: this.#metrics,
      ndjson: this.#ndjson,
      onMissedByLive: () => this.#source?.missed(),
      onBlocked: (error) => this.#standstill.blocked(error),
    });
    const finality = new FinalityWatch({
      chain: this.#chain,
      clock: systemClock,
      onChange: ({ oneStep, reason }) => {
        log.info(
          { reason },
          oneStep ? 'events are written once, as final' : 'events are written at confirmed, then vouched for',
        );
        this.#metrics.oneStep.set(oneStep ? 1 : 0);
        this.#source?.renew();
      },
    });
    const ports = {
      chain: this.#chain,
      queue,
      state: this.#state,
      clock: systemClock,
      random: Math.random,
      observer,
      signal,
      finality,
    };
    const identity = {
      source: config.LISTENER_ID,
      programId: config.AO_PROGRAM_ID,
      concurrency: config.RPC_CONCURRENCY,
      skipFailed: config.FAILED_TRANSACTIONS === 'skip',
    };
    const live = new LivePath(ports, { ...identity, queueLimit: config.LIVE_QUEUE_LIMIT, pendingLimit: PENDING_LIMIT });
    const urls =
      config.ANCHOR_WS_URL.length > 0 ? config.ANCHOR_WS_URL : config.ANCHOR_PROVIDER_URL.flatMap(websocketUrls);
    const source = new LiveSource({
      ...ports,
      urls,
      programId: config.AO_PROGRAM_ID,
      stallMs: config.SUBSCRIPTION_STALL_MS,
      live,
      metrics: this.#metrics,
      throttled: this.#throttled,
    });
    const reconciler = new Reconciler(
      {
        ...ports,
        wallMs: Date.now,
        missedByLive: ({ signature, slot }) => source.shouldHaveTold(slot) && !live.wasOffered(signature),
        progress: (done) => {
          this.#aliveMs = Date.now();
          this.#standstill.after(this.#state.cursor?.slot, undefined);
          log.info({ ...done }, 'catching up');
        },
      },
      {
        ...identity,
        wantedAtOnce: wantedAtOnce(config.RPC_CONCURRENCY),
        compareShare: config.COMPARE_SHARE_PERCENT / 100,
        lastSlot: undefined,
        chunkRows: CHUNK_ROWS,
        retryMs: Math.min(RETRY_MS, config.RECONCILE_INTERVAL_MS),
      },
    );
    this.#live = live;
    this.#source = source;
    this.#metrics.watchQueues({
      live: () => live.depth,
      write: () => queue.depth,
      pending: () => this.#state.emissions.pendingCount,
    });
    await finality.look();
    source.start();
    const loop = { ...ports, reconciler, live, subscribed: () => source.isUp, onRound: this.#onRound };
    await reconcileLoop(loop, config.RECONCILE_INTERVAL_MS);
  }

  readonly #onRound = (round: Round | undefined): void => {
    const { holds } = this.#context;
    const held = this.#standstill.after(this.#state.cursor?.slot, round?.tipSlot);
    if (held === undefined) holds.release(HELD);
    else holds.hold(HELD, held);
    if (round === undefined) return;
    this.#aliveMs = Date.now();
    this.#firstTip ??= round.tipSlot;
    if (this.#state.cursor !== undefined) void this.#behind.look(round.tipSlot, this.#state.cursor);
    if (this.#reconciled || round.cursorSlot < this.#firstTip) return;
    this.#reconciled = true;
    this.#context.log.info({ slot: round.cursorSlot }, 'reconciled up to where the chain stood at the start');
  };
}

async function atMost(work: Promise<unknown> | undefined, ms: number): Promise<void> {
  const timer = new AbortController();
  const timeout = delay(ms, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    await Promise.race([work, timeout]);
  } catch (error) {
    // Stopping goes on: what failed to finish is found again after the restart.
    if (codeOf(error) === 'RECORD_INVALID') throw error;
  } finally {
    timer.abort();
  }
}
