/** `ao backfill`: the reconciling path over a fixed slot range, under a name of its own. Resumable: progress is its cursor. */

import { Registry } from '@prometheus-io/client';
import type { z } from 'zod';
import { AppError, codeOf } from '../../../runtime/errors.ts';
import { createKafka } from '../../../runtime/kafka/client.ts';
import { connectTopics } from '../../../runtime/kafka/connect.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { waitingFor } from '../../../runtime/wait-for.ts';
import type { listenerConfig } from '../config.ts';
import { ListenerState } from '../core/emission/listener-state.ts';
import { WriteQueue } from '../core/emission/write-queue.ts';
import { Reconciler } from '../core/proof/reconciler.ts';
import { ListenerLog } from './emission/listener-log.ts';
import { CHUNK_ROWS } from './listener.ts';
import { ListenerMetrics } from './listener-metrics.ts';
import { LoggingObserver } from './observer.ts';
import { createRpcClient } from './reading/chain-client.ts';
import { findBeginning } from './reading/first-slot.ts';
import { wantedAtOnce } from './reading/gathered-transactions.ts';
import { RpcChainReader } from './reading/rpc-chain-reader.ts';
import { systemClock } from './system-clock.ts';
import { ThrottledLog } from './throttled-log.ts';

export interface BackfillProgress {
  /** Transactions settled (written, or known to be written), and in the whole range as far as it was walked. */
  readonly transactions: number;
  readonly totalTransactions: number;
  /** Everything up to this slot is proven. */
  readonly slot: number;
}

export interface BackfillOptions {
  /** The listener's configuration: RPC, Kafka, LISTENER_ID. */
  readonly config: z.output<typeof listenerConfig>;
  /** First and last slot, inclusive. */
  readonly fromSlot: number;
  readonly toSlot: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
  onProgress?(progress: BackfillProgress): void;
}

export interface BackfillResult {
  readonly source: string;
  readonly fromSlot: number;
  readonly toSlot: number;
  /** Where an earlier run of the same range had come to; undefined where this one began anew. */
  readonly resumedAfterSlot: number | undefined;
  readonly eventsWritten: number;
}

const PAUSE_MS = 500;

/**
 * Writes every event of the range at finalized, then watermarks for it. Ends when the range is proven; an interrupted run of
 * the same range goes on where it stood.
 * @throws AppError RANGE_INVALID, RANGE_NOT_FINAL (the chain has not finalised the last slot), PRODUCER_FENCED (the same
 * backfill runs elsewhere), or the signal's reason.
 */
export async function backfill(options: BackfillOptions): Promise<BackfillResult> {
  const { config, fromSlot, toSlot, log, signal } = options;
  if (fromSlot > toSlot) throw new AppError('RANGE_INVALID', `--from-slot ${fromSlot} is above --to-slot ${toSlot}.`);
  const source = `${config.LISTENER_ID}-backfill`;
  const kafka = createKafka(config, `ao-listener-${source}`, log);
  const throttled = new ThrottledLog(log);
  const metrics = new ListenerMetrics(new Registry());
  const chain = new RpcChainReader(
    createRpcClient(config, metrics, throttled, signal),
    config.AO_PROGRAM_ID,
    config.RPC_CONCURRENCY,
  );
  const waitFor = waitingFor(log, signal);
  const tip = (await waitFor('the RPC server', () => chain.finalizedSlot())).slot;
  if (tip < toSlot) {
    throw new AppError('RANGE_NOT_FINAL', `The chain has finalised slot ${tip}; choose a --to-slot up to it.`);
  }
  const state = new ListenerState(config.RECONCILE_OVERLAP_SLOTS);
  const { topics, codec } = await connectTopics(kafka, config, waitFor);
  const listenerLog = new ListenerLog({
    kafka,
    codec,
    topics,
    settings: config,
    listenerId: source,
    programId: config.AO_PROGRAM_ID,
    state,
    log,
    signal,
    beginning: () => findBeginning(chain, String(fromSlot), log),
    resumable: (cursor) => cursor.fromSlot === fromSlot && cursor.slot < toSlot,
  });
  const takeOver = (): Promise<void> => waitFor('the position', () => listenerLog.takeOver());
  await takeOver();
  const fenced = new AbortController();
  const queue = new WriteQueue({
    log: listenerLog.events,
    recover: takeOver,
    fenced: (error) => fenced.abort(error),
  });
  const startSlot = state.cursor?.slot ?? fromSlot - 1;
  const observer = new LoggingObserver({ log, throttled, metrics, ndjson: undefined });
  const reconciler = new Reconciler(
    {
      chain,
      queue,
      state,
      clock: systemClock,
      random: Math.random,
      observer,
      signal: AbortSignal.any([signal, fenced.signal]),
      wallMs: Date.now,
      missedByLive: () => false,
      progress: ({ rows, totalRows, slot }) =>
        options.onProgress?.({ transactions: rows, totalTransactions: totalRows, slot }),
    },
    {
      source,
      programId: config.AO_PROGRAM_ID,
      concurrency: config.RPC_CONCURRENCY,
      wantedAtOnce: wantedAtOnce(config.RPC_CONCURRENCY),
      skipFailed: config.FAILED_TRANSACTIONS === 'skip',
      compareShare: 0,
      lastSlot: toSlot,
      chunkRows: CHUNK_ROWS,
      retryMs: PAUSE_MS,
    },
  );
  try {
    while ((state.cursor?.slot ?? -1) < toSlot) {
      try {
        await reconciler.round();
      } catch (error) {
        signal.throwIfAborted();
        if (codeOf(error) === 'PRODUCER_FENCED') throw error;
        observer.blocked(undefined, error);
      }
      if ((state.cursor?.slot ?? -1) < toSlot) await systemClock.sleep(PAUSE_MS, signal);
    }
  } finally {
    await queue.close();
    await listenerLog.close();
  }
  const written = await metrics.events.get();
  return {
    source,
    fromSlot,
    toSlot,
    resumedAfterSlot: startSlot >= fromSlot ? startSlot : undefined,
    eventsWritten: written.values.reduce((sum, { value }) => sum + value, 0),
  };
}
