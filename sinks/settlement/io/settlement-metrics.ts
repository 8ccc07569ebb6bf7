/** ao_settlement_* and the log lines that go with them. */

import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';
import { codeOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { rootIdentity } from '../../../runtime/tracing/identities.ts';
import { told } from '../../../runtime/tracing/record-spans.ts';
import { EXPECTED_HOLDS } from '../core/holds.ts';
import { owes } from '../core/policy/claim-window.ts';
import { insolvency } from '../core/policy/solvency.ts';
import type { RingAlarmKind } from '../core/ring-alarm.ts';
import type { RootToSettle } from '../core/root-job.ts';
import type { SettlerCounts } from '../core/settler.ts';
import type { SettlerEvent } from '../core/settler-event.ts';

export interface SettlementState {
  /** Whether roots are sent whatever the cut-over says. */
  readonly publishesAlways: boolean;
  counts(): SettlerCounts;
  ringAlarms(kind: RingAlarmKind): number;
  /** Records of ao.roots.v1 after the last committed offset, by partition. */
  lag(): ReadonlyMap<number, number>;
}

/** Epoch base that the refusals seen so far ask for, from their reasons. */
const REQUIRED_BASE = /the numbering can go on at (\d+)/;

export class SettlementMetrics {
  readonly #log: Logger;
  readonly #attempts: Counter;
  readonly #finalized: Counter;
  readonly #alreadySettled: Counter;
  readonly #failed: Counter<'code'>;
  readonly #conflicts: Counter;
  readonly #feeLamports: Counter;
  readonly #formRefusals: Counter;
  readonly #rpcFailures: Counter<'call'>;
  readonly #latency: Histogram;
  readonly #balance: Gauge;
  readonly #requiredBase: Gauge;
  readonly #treasury: Gauge;
  readonly #owed: Gauge;
  readonly #evictedOwing: Counter;
  #rpcHealthy = false;
  readonly #countedFees = new Set<string>();

  constructor(registry: Registry, state: SettlementState, log: Logger) {
    this.#log = log;
    const registers = [registry];
    const counter = (name: string, help: string): Counter =>
      new Counter({ name: `ao_settlement_${name}`, help, registers });
    this.#attempts = counter('attempts_total', 'Publications of a root begun: PENDING written');
    this.#finalized = counter('finalized_total', 'Roots that a transaction of ours brought on chain, finalised');
    this.#alreadySettled = counter('already_settled_total', 'Roots found on chain');
    this.#conflicts = counter('conflicts_total', 'Roots for which the chain holds another root, or that were given up');
    this.#feeLamports = counter('fee_lamports_total', 'Lamports paid for transactions that were finalised');
    this.#formRefusals = counter('version1_refusals_total', 'Version 1 transactions that came to nothing');
    const failed = { name: 'ao_settlement_failed_total', help: 'Publications that failed', registers };
    this.#failed = new Counter({ ...failed, labelNames: ['code'] });
    // Told from the start: what appears with its first count has not risen, for Prometheus.
    this.#failed.inc({ code: 'EXPIRED' }, 0);
    const rpc = { name: 'ao_settlement_rpc_failures_total', help: 'Calls to the chain that failed', registers };
    this.#rpcFailures = new Counter({ ...rpc, labelNames: ['call'] });
    this.#rpcFailures.inc({ call: 'send' }, 0);
    this.#latency = new Histogram({
      name: 'ao_settlement_latency_seconds',
      help: 'From the record of a root to its finalised transaction',
      buckets: [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 900, 3600, 86_400],
      registers,
    });
    const gauge = (name: string, help: string, read?: () => number): Gauge =>
      new Gauge({
        name: `ao_settlement_${name}`,
        help,
        registers,
        ...(read === undefined
          ? {}
          : {
              collect(this: Gauge): void {
                this.set(read());
              },
            }),
      });
    this.#balance = gauge('balance_lamports', 'Balance of the settlement key when last seen; not a number before that');
    // A balance that nobody has read is not zero.
    this.#balance.set(Number.NaN);
    this.#requiredBase = gauge('required_epoch_base', 'Greatest EPOCH_BASE that a refused root asked for; 0 for none');
    this.#treasury = gauge('treasury_units', 'Balance of the treasury when a root was last sent, base units');
    this.#owed = gauge('owed_units', 'What the roots in the rings and the last root sent let be claimed, base units');
    for (const unseen of [this.#treasury, this.#owed]) unseen.set(Number.NaN);
    this.#evictedOwing = counter(
      'evicted_owing_total',
      'Roots that left their ring although something could be claimed from them, or nobody knows',
    );
    new Gauge({
      name: 'ao_settlement_ring_alarms',
      help: 'foreign: roots in rings of our channels that we did not publish; missing: roots final by our ledger that are not in their ring; alarm above 0',
      labelNames: ['kind'],
      registers,
      collect() {
        for (const kind of ['foreign', 'missing'] as const) this.set({ kind }, state.ringAlarms(kind));
      },
    });
    const always =
      'Whether roots are sent whatever `ao cutover` says: AUTO_PUBLISH=true, SETTLEMENT_FOLLOWS_CUTOVER=false';
    gauge('publishes_always', always, () => Number(state.publishesAlways));
    gauge('pending', 'Transactions under way', () => state.counts().pending);
    gauge('stopped_channels', 'Channels stopped by a conflict', () => state.counts().stoppedChannels);
    gauge('queued_roots', 'Roots read and not committed', () => state.counts().queued);
    new Gauge({
      name: 'ao_settlement_held',
      help: 'Roots that are held, by reason',
      labelNames: ['code'],
      registers,
      collect() {
        this.reset();
        for (const code of EXPECTED_HOLDS) this.set({ code }, 0);
        for (const [code, count] of state.counts().held) this.set({ code }, count);
      },
    });
    new Gauge({
      name: 'ao_settlement_lag_roots',
      help: 'Roots after the last committed offset',
      labelNames: ['partition'],
      registers,
      collect() {
        this.reset();
        for (const [partition, lag] of state.lag()) this.set({ partition: String(partition) }, lag);
      },
    });
  }

  /** Whether the chain answered the last time it was asked. */
  get rpcHealthy(): boolean {
    return this.#rpcHealthy;
  }

  observe(event: SettlerEvent): void {
    switch (event.kind) {
      case 'attempt':
        this.#attempts.inc();
        this.#log.info(
          { ...fields(event.root), attempt: event.attempt, signature: event.signature, form: event.form },
          'publishing',
        );
        return;
      case 'confirmed':
        this.#log.info({ ...fields(event.root), signature: event.signature, slot: event.slot }, 'confirmed');
        return;
      case 'finalized':
        this.#finalized.inc();
        this.#latency.observe(event.latencyMs / 1000);
        traceSettlement(event);
        this.#countFee(event.signature, event.feeLamports);
        this.#log.info(
          { ...fields(event.root), signature: event.signature, slot: event.slot, durationMs: event.latencyMs },
          'finalised',
        );
        return;
      case 'alreadySettled':
        this.#alreadySettled.inc();
        this.#log.info(fields(event.root), 'the chain has this root already');
        return;
      case 'failed':
        this.#failed.inc({ code: event.code });
        this.#log.warn(
          { ...fields(event.root), signature: event.signature, code: event.code, reason: event.reason },
          'publication failed',
        );
        return;
      case 'held':
        this.#noteRequiredBase(event.reason);
        // What AUTO_PUBLISH=false does is said once at the start.
        this.#log[EXPECTED_HOLDS.has(event.code) ? 'debug' : 'error'](
          { ...fields(event.root), code: event.code, reason: event.reason },
          'root held',
        );
        return;
      case 'conflict':
        this.#conflicts.inc();
        this.#log.error({ ...fields(event.root), code: event.code, reason: event.reason }, 'conflict');
        return;
      case 'postponed':
        this.#log.warn({ ...fields(event.root), code: event.code, reason: event.reason }, 'publication postponed');
        return;
      case 'promised':
        this.#tellPromise(event);
        return;
      case 'ringAlarm': {
        const { kind, channel, epoch, root } = event.alarm;
        this.#log.error(
          { kind, channel, epoch: epoch.toString(), root, signer: event.signer ?? null },
          kind === 'foreign'
            ? 'a root is on chain that this deployment did not publish'
            : 'a root that is final by our ledger is not in its ring',
        );
        return;
      }
      case 'rpcAnswered':
        this.#rpcHealthy = true;
        return;
      case 'rpcFailed':
        if (!event.nodeAnswers) this.#rpcHealthy = false;
        this.#rpcFailures.inc({ call: event.call });
        this.#log.warn(
          { err: event.error, code: codeOf(event.error), call: event.call, retryInMs: event.retryInMs },
          event.nodeAnswers
            ? 'a call to the chain failed; the others go on'
            : 'the chain does not answer; trying again',
        );
        return;
      case 'costUnknown':
        this.#log.warn({ signature: event.signature }, 'no node tells what the transaction cost; its row has no fee');
        return;
      case 'formRefused':
        this.#formRefusals.inc();
        this.#log.warn(
          { err: event.error, until: new Date(event.untilMs).toISOString() },
          'a version 1 transaction came to nothing; legacy ones are sent for a while',
        );
        return;
      case 'sendFailed':
        this.#rpcFailures.inc({ call: 'send' });
        this.#log.warn({ err: event.error, signature: event.signature }, 'a send failed; the transaction may be out');
        return;
      case 'commitFailed':
        this.#log.warn({ err: event.error, partition: event.partition }, 'a commit failed; trying again');
        return;
      case 'committed':
        this.#log.debug({ partition: event.partition, offset: event.offset.toString() }, 'committed');
        return;
      case 'balance':
        this.#balance.set(Number(event.lamports));
        return;
    }
  }

  /** What a root promises and what it evicts, before it is sent; enforced or not. */
  #tellPromise({ root, solvency, evicted }: Extract<SettlerEvent, { kind: 'promised' }>): void {
    const short = insolvency({ root, solvency });
    if ('value' in solvency) {
      this.#treasury.set(Number(solvency.value.treasury));
      this.#owed.set(Number(solvency.value.owed + solvency.value.added));
    }
    if (short !== undefined) this.#log.warn({ ...fields(root), code: short.code, reason: short.text }, 'solvency');
    if (evicted === undefined || ('value' in evicted.owed && evicted.owed.value === 0n)) return;
    this.#evictedOwing.inc();
    this.#log.warn({ ...fields(root), evictedEpoch: evicted.epoch.toString() }, `evicts a root, ${owes(evicted)}`);
  }

  /** A transaction carries several roots; its fee counts once. */
  #countFee(signature: string, feeLamports: bigint | null): void {
    if (feeLamports === null || this.#countedFees.has(signature)) return;
    this.#feeLamports.inc(Number(feeLamports));
    this.#countedFees.add(signature);
    if (this.#countedFees.size > 1000) this.#countedFees.delete(this.#countedFees.values().next().value ?? '');
  }

  #noteRequiredBase(reason: string): void {
    const base = Number(REQUIRED_BASE.exec(reason)?.[1] ?? 0);
    this.#requiredBase.set(Math.max(base, this.#noted));
    this.#noted = Math.max(base, this.#noted);
  }

  #noted = 0;
}

/** From the record of the root to its finalised transaction. */
function traceSettlement({ root, signature, slot, latencyMs }: Extract<SettlerEvent, { kind: 'finalized' }>): void {
  const attributes = { 'solana.signature': signature, 'solana.slot': slot, 'ao.root': root.root };
  told('settlement', () => rootIdentity(root.channel, root.epoch), Date.now() - latencyMs, attributes);
}

function fields({ partition, offset, channel, epoch, root }: RootToSettle): Record<string, unknown> {
  return { partition, offset: offset.toString(), channel, epoch: epoch.toString(), root };
}
