/** The listener's metrics. Labels stay few: endpoints are hosts, never channels or signatures. */

import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';
import { GAP_KINDS } from '../core/ports.ts';

export interface QueueDepths {
  readonly live: () => number;
  readonly write: () => number;
  readonly pending: () => number;
}

export class ListenerMetrics {
  readonly slotsBehind: Gauge;
  readonly slotMs: Gauge;
  readonly watermarkSlot: Gauge;
  readonly eventLatencyMs: Histogram;
  readonly notificationLatencyMs: Histogram;
  readonly events: Counter<'action' | 'outcome'>;
  readonly gaps: Counter<'kind'>;
  readonly gapsRepaired: Counter;
  readonly retractions: Counter;
  readonly deadLetters: Counter<'code'>;
  readonly liveDropped: Counter<'reason'>;
  readonly blockedRounds: Counter<'code'>;
  readonly contentDifferences: Counter;
  readonly wrongAnswers: Counter<'endpoint' | 'code'>;
  readonly rpcCalls: Counter<'endpoint' | 'method' | 'result'>;
  readonly rpcLatencyMs: Histogram<'endpoint' | 'method'>;
  readonly subscriptionUp: Gauge;
  readonly oneStep: Gauge;
  readonly reconnects: Counter<'reason'>;
  readonly #registry: Registry;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#registry = registry;
    const latencyBuckets = [5, 10, 20, 40, 80, 150, 250, 500, 1000, 2500, 5000, 15_000, 60_000];
    this.slotsBehind = new Gauge({
      name: 'ao_listener_slots_behind',
      help: 'Slots between the newest finalised slot and the last watermark',
      registers,
    });
    this.slotMs = new Gauge({
      name: 'ao_listener_slot_ms',
      help: 'What a slot takes on the cluster, measured from block times, ms; 0 while it is not known',
      registers,
    });
    this.watermarkSlot = new Gauge({
      name: 'ao_listener_watermark_slot',
      help: 'Slot of the last watermark',
      registers,
    });
    this.eventLatencyMs = new Histogram({
      name: 'ao_listener_event_latency_ms',
      help: 'Block time (whole seconds) to Kafka acknowledgement, live events, ms',
      buckets: [250, 500, 1000, 1500, 2000, 3000, 5000, 10_000, 30_000, 60_000],
      registers,
    });
    this.notificationLatencyMs = new Histogram({
      name: 'ao_listener_notification_latency_ms',
      help: 'Notification to Kafka acknowledgement, ms',
      buckets: latencyBuckets,
      registers,
    });
    this.events = new Counter({
      name: 'ao_listener_events_total',
      help: 'Events written, by action and outcome (live, reconciled)',
      labelNames: ['action', 'outcome'],
      registers,
    });
    this.gaps = new Counter({
      name: 'ao_listener_gaps_total',
      help: 'Transactions that a path should have shown and did not, by kind',
      labelNames: ['kind'],
      registers,
    });
    // Told from the start: what appears with its first count has not risen, for Prometheus.
    for (const outcome of ['live', 'reconciled']) this.events.inc({ action: 'claim', outcome }, 0);
    for (const kind of GAP_KINDS) this.gaps.inc({ kind }, 0);
    this.gapsRepaired = new Counter({
      name: 'ao_listener_gaps_repaired_total',
      help: 'Gaps that were filled: their events are written',
      registers,
    });
    this.retractions = new Counter({
      name: 'ao_listener_retractions_total',
      help: 'Transactions taken back: seen at confirmed, not kept by finality',
      registers,
    });
    this.deadLetters = new Counter({
      name: 'ao_listener_dead_letters_total',
      help: 'Transactions that cannot be decoded, by error code',
      labelNames: ['code'],
      registers,
    });
    this.liveDropped = new Counter({
      name: 'ao_listener_live_dropped_total',
      help: 'Signatures that the live path left to the reconciling path, by reason',
      labelNames: ['reason'],
      registers,
    });
    this.blockedRounds = new Counter({
      name: 'ao_listener_watermark_blocked_total',
      help: 'Times that something held the watermark, by error code',
      labelNames: ['code'],
      registers,
    });
    this.contentDifferences = new Counter({
      name: 'ao_listener_content_differences_total',
      help: 'Sampled transactions whose live and finalised content differ',
      registers,
    });
    this.wrongAnswers = new Counter({
      name: 'ao_listener_wrong_answers_total',
      help: 'Answers of an endpoint that were wrong or incomplete where another gave the whole, by host and error code',
      labelNames: ['endpoint', 'code'],
      registers,
    });
    this.rpcCalls = new Counter({
      name: 'ao_listener_rpc_calls_total',
      help: 'RPC calls by endpoint host, method and result (ok or error code)',
      labelNames: ['endpoint', 'method', 'result'],
      registers,
    });
    this.rpcLatencyMs = new Histogram({
      name: 'ao_listener_rpc_latency_ms',
      help: 'Latency of answered and failed RPC calls, ms',
      labelNames: ['endpoint', 'method'],
      buckets: latencyBuckets,
      registers,
    });
    this.oneStep = new Gauge({
      name: 'ao_listener_one_step',
      help: '1 where what the cluster has confirmed is final, and events are written once; 0 where they are vouched for later',
      registers,
    });
    this.subscriptionUp = new Gauge({
      name: 'ao_listener_subscription_up',
      help: '1 while the WebSocket subscription is up',
      registers,
    });
    this.reconnects = new Counter({
      name: 'ao_listener_reconnects_total',
      help: 'WebSocket connections that ended, by reason',
      labelNames: ['reason'],
      registers,
    });
  }

  /** @param secondsBehind NaN while it is not known. */
  watchBehind(secondsBehind: () => number): void {
    const gauge = new Gauge({
      name: 'ao_listener_seconds_behind',
      help: 'Block time between the last watermark and the newest finalised slot, and the time since that was looked at, seconds; NaN before',
      registers: [this.#registry],
      collect: () => {
        gauge.set(secondsBehind());
      },
    });
  }

  watchQueues(depths: QueueDepths): void {
    const gauge = new Gauge({
      name: 'ao_listener_queue_depth',
      help: 'Transactions under way on the live path, waiting to be written, and written but not yet final',
      labelNames: ['queue'],
      registers: [this.#registry],
      collect: () => {
        gauge.set({ queue: 'live' }, depths.live());
        gauge.set({ queue: 'write' }, depths.write());
        gauge.set({ queue: 'pending' }, depths.pending());
      },
    });
  }

  /** Health penalty of each endpoint, ms of latency that its state is worth. */
  watchEndpoints(endpoints: readonly string[], penaltyMs: (endpoint: string) => number): void {
    const gauge = new Gauge({
      name: 'ao_listener_endpoint_penalty_ms',
      help: 'Health of each RPC endpoint: latency, errors, lag and omissions, as ms of latency; lower is better',
      labelNames: ['endpoint'],
      registers: [this.#registry],
      collect: () => {
        for (const endpoint of endpoints) gauge.set({ endpoint }, penaltyMs(endpoint));
      },
    });
  }
}
