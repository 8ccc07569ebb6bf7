/** The dashboards of the roles, of Kafka and of the processes. */

import type { Panel } from './panel.ts';

const quantiles = (metric: string, by = ''): Panel['queries'] =>
  ['0.5', '0.99'].map((quantile) => [
    `${by === '' ? '' : `{{${by}}} `}p${Number(quantile) * 100}`,
    `histogram_quantile(${quantile}, sum by (${['le', by].filter((label) => label !== '').join(', ')}) (rate(${metric}_bucket[5m])))`,
  ]);

const panel = (title: string, description: string, unit: string, ...queries: Panel['queries']): Panel => ({
  title,
  description,
  unit,
  queries,
});

const listener: readonly Panel[] = [
  panel('Newest watermark', 'Slots proven by each listener; one that stands still proves nothing.', 'short', [
    '{{instance}}',
    'ao_listener_watermark_slot',
  ]),
  panel(
    'Block time to Kafka',
    'From the second of the block to the acknowledgement by Kafka, live events.',
    'ms',
    ...quantiles('ao_listener_event_latency_ms'),
  ),
  panel(
    'Notification to Kafka',
    'From the notification of a transaction to the acknowledgement by Kafka.',
    'ms',
    ...quantiles('ao_listener_notification_latency_ms'),
  ),
  panel('Gaps', 'Transactions that a path should have shown and did not; below-watermark must stay 0.', 'short', [
    '{{kind}}',
    'sum by (kind) (increase(ao_listener_gaps_total[1h]))',
  ]),
  panel('RPC calls', 'Calls a second, by endpoint and result.', 'ops', [
    '{{endpoint}} {{result}}',
    'sum by (endpoint, result) (rate(ao_listener_rpc_calls_total[5m]))',
  ]),
  panel('RPC latency', 'By endpoint.', 'ms', ...quantiles('ao_listener_rpc_latency_ms', 'endpoint')),
  panel('Endpoints', 'What the state of each endpoint is worth, as ms of latency; lower is better.', 'ms', [
    '{{endpoint}}',
    'ao_listener_endpoint_penalty_ms',
  ]),
  panel(
    'Subscription',
    '1 while it is up; connections that ended in the last hour.',
    'short',
    ['up {{instance}}', 'ao_listener_subscription_up'],
    ['ended', 'sum(increase(ao_listener_reconnects_total[1h])) or vector(0)'],
  ),
  panel(
    'Queues',
    'Transactions under way on the live path, waiting to be written, written and not yet final.',
    'short',
    ['{{queue}}', 'sum by (queue) (ao_listener_queue_depth)'],
  ),
];

const roots: readonly Panel[] = [
  panel('Watermark by partition', 'Highest slot that is proven; the slowest partition holds its channels.', 'short', [
    '{{partition}}',
    'max by (partition) (ao_processor_watermark_slot)',
  ]),
  panel(
    'Open',
    'Epochs and claims that are not finalised; records that a restart would read again.',
    'short',
    ['epochs', 'sum(ao_processor_open_epochs)'],
    ['claims', 'sum(ao_processor_open_claims)'],
    ['replay', 'sum(ao_processor_replay_records)'],
  ),
  panel(
    'Last record to roots',
    'From the record that finalises an epoch to the commit of its roots.',
    's',
    ...quantiles('ao_processor_event_to_root_seconds'),
  ),
  panel(
    'Restores',
    'From the assignment of a partition to its state.',
    's',
    ...quantiles('ao_processor_restore_seconds'),
  ),
  panel(
    'Must stay 0',
    'Late claims, epochs given up unproven.',
    'short',
    ['late', 'sum(increase(ao_processor_late_events_total[1h]))'],
    ['given up', 'sum(increase(ao_processor_closed_epochs_total[1h]))'],
  ),
];

const sink: readonly Panel[] = [
  panel('Records taken in', 'A second, by topic and outcome.', 'ops', [
    '{{topic}} {{outcome}}',
    'sum by (topic, outcome) (rate(ao_sink_records_total[5m]))',
  ]),
  panel('Records left', 'By topic.', 'short', ['{{topic}}', 'sum by (topic) (ao_sink_lag_messages)']),
  panel(
    'Record to row',
    'From the record to its committed rows, of the oldest record of each batch.',
    's',
    ...quantiles('ao_sink_record_to_row_seconds', 'topic'),
  ),
  panel('Batches', 'From a batch in hand to its commit.', 's', ...quantiles('ao_sink_batch_duration_seconds', 'topic')),
  panel('Rows written', 'A second, by table.', 'ops', ['{{table}}', 'sum by (table) (rate(ao_sink_rows_total[5m]))']),
  panel('Trees', 'Made again from the claims, in the last hour; mismatch must stay 0.', 'short', [
    '{{outcome}}',
    'sum by (outcome) (increase(ao_sink_trees_total[1h]))',
  ]),
  panel(
    'Must be 0',
    'Roots computed otherwise, settled roots that the chain does not show so, epochs without proof.',
    'short',
    ['mismatch', 'max(ao_sink_root_mismatch)'],
    ['{{kind}}', 'max by (kind) (ao_sink_settlement_alarms)'],
    ['epochs', 'max(ao_sink_epoch_gaps)'],
  ),
];

const settlement: readonly Panel[] = [
  panel(
    'Roots',
    'Brought on chain, found there, and attempts begun, in the last hour.',
    'short',
    ['finalised', 'sum(increase(ao_settlement_finalized_total[1h]))'],
    ['found', 'sum(increase(ao_settlement_already_settled_total[1h]))'],
    ['attempts', 'sum(increase(ao_settlement_attempts_total[1h]))'],
  ),
  panel(
    'Root to chain',
    'From the record of a root to its finalised transaction.',
    's',
    ...quantiles('ao_settlement_latency_seconds'),
  ),
  panel('Failed', 'Publications that failed in the last hour, by reason.', 'short', [
    '{{code}}',
    'sum by (code) (increase(ao_settlement_failed_total[1h]))',
  ]),
  panel('Held', 'Roots that are held, by reason.', 'short', ['{{code}}', 'sum by (code) (ao_settlement_held)']),
  panel(
    'Under way',
    'Transactions sent, roots read and not committed, channels stopped by a conflict.',
    'short',
    ['transactions', 'sum(ao_settlement_pending)'],
    ['queued', 'sum(ao_settlement_queued_roots)'],
    ['stopped channels', 'max(ao_settlement_stopped_channels)'],
    ['conflicts', 'sum(ao_settlement_conflicts_total)'],
  ),
  panel(
    'Cost',
    'SOL paid for finalised transactions in the last day; by root.',
    'short',
    ['SOL a day', 'sum(increase(ao_settlement_fee_lamports_total[1d])) / 1e9'],
    ['SOL a root', 'sum(ao_settlement_fee_lamports_total) / 1e9 / sum(ao_settlement_finalized_total)'],
  ),
  panel('Balance', 'SOL of the settlement key; alarms below 1 and 0.5.', 'short', [
    'SOL',
    'min(ao_settlement_balance_lamports) / 1e9',
  ]),
  panel('Calls that failed', 'In the last hour, by call.', 'short', [
    '{{call}}',
    'sum by (call) (increase(ao_settlement_rpc_failures_total[1h]))',
  ]),
];

const gateway: readonly Panel[] = [
  panel('Requests', 'A second, by route and status.', 'reqps', [
    '{{route}} {{status}}',
    'sum by (route, status) (rate(ao_gateway_request_seconds_count[5m]))',
  ]),
  panel('Latency', 'By route.', 's', ...quantiles('ao_gateway_request_seconds', 'route')),
  panel('Subscribers', 'Open subscriptions, by kind.', 'short', ['{{kind}}', 'sum by (kind) (ao_gateway_subscribers)']),
  panel('Sockets', 'Open WebSockets.', 'short', ['sockets', 'sum(ao_gateway_sockets)']),
  panel(
    'Memory',
    'Bytes that wait for clients, and those of what is remembered.',
    'bytes',
    ['waiting', 'sum(ao_gateway_waiting_bytes)'],
    ['{{kind}}', 'sum by (kind) (ao_gateway_cache_bytes)'],
  ),
];

const webhook: readonly Panel[] = [
  panel('Pushed', 'Events that the aggregator took, a second.', 'ops', [
    'pushed',
    'sum(rate(ao_webhook_pushed_total[5m]))',
  ]),
  panel('Push', 'Duration of one push.', 's', ...quantiles('ao_webhook_push_seconds')),
  panel('Tried again', 'In the last hour, by reason.', 'short', [
    '{{reason}}',
    'sum by (reason) (increase(ao_webhook_retries_total[1h])) or vector(0)',
  ]),
  panel('Records left', 'By partition.', 'short', ['{{partition}}', 'ao_webhook_lag_records']),
];

const webhooks: readonly Panel[] = [
  panel('Delivered', 'Messages that endpoints took, a second.', 'ops', [
    '{{endpoint}}',
    'sum by (endpoint) (rate(ao_webhooks_delivered_total[5m])) or vector(0)',
  ]),
  panel('Oldest that waits', 'Age of the oldest message that the endpoint has not taken; 0: none waits.', 's', [
    '{{endpoint}}',
    'max by (endpoint) (ao_webhooks_oldest_seconds)',
  ]),
  panel('One try', 'Duration of one try of a delivery.', 's', ...quantiles('ao_webhooks_delivery_seconds')),
  panel('Tried again', 'In the last hour, by endpoint and reason.', 'short', [
    '{{endpoint}} {{reason}}',
    'sum by (endpoint, reason) (increase(ao_webhooks_retries_total[1h])) or vector(0)',
  ]),
  panel('Refused', 'Put to the dead letters in the last hour.', 'short', [
    '{{endpoint}} {{code}}',
    'sum by (endpoint, code) (increase(ao_webhooks_dead_letters_total[1h])) or vector(0)',
  ]),
];

const kafka: readonly Panel[] = [
  panel('Records written', 'A second, by topic.', 'ops', [
    '{{topic}}',
    'sum by (topic) (rate(kafka_topic_partition_current_offset[5m]))',
  ]),
  panel('Records read', 'A second, by group.', 'ops', [
    '{{consumergroup}}',
    'sum by (consumergroup) (rate(kafka_consumergroup_current_offset[5m]))',
  ]),
  panel('Members', 'By group.', 'short', ['{{consumergroup}}', 'kafka_consumergroup_members']),
  panel(
    'Copies',
    'Brokers that answer, partitions whose copies are not up to date, partitions without a leader.',
    'short',
    ['brokers', 'min(kafka_brokers)'],
    ['not up to date', 'sum(kafka_topic_partition_under_replicated_partition)'],
    ['without a leader', 'count(kafka_topic_partition_leader < 0) or vector(0)'],
  ),
  panel('Disk', 'What is left of the volume, by broker and log directory.', 'percentunit', [
    '{{broker}} {{directory}}',
    'ao_kafka_disk_free_bytes / ao_kafka_disk_bytes',
  ]),
];

const processes: readonly Panel[] = [
  panel('Up', '1 while a role answers.', 'short', ['{{instance}}', 'up']),
  panel('Held', 'What a role cannot go on with rightly.', 'short', ['{{instance}} {{code}}', 'ao_held']),
  panel('Memory', 'Resident, by role.', 'bytes', ['{{instance}}', 'process_resident_memory_bytes']),
  panel('CPU', 'Cores, by role.', 'short', ['{{instance}}', 'rate(process_cpu_seconds_total[5m])']),
  panel('Event loop', 'Delay of the event loop, 99th percentile.', 's', [
    '{{instance}}',
    'nodejs_eventloop_lag_p99_seconds',
  ]),
  panel('Started', 'Age of the process.', 's', ['{{instance}}', 'time() - process_start_time_seconds']),
];

/** By the name in title and file. */
export const ROLE_PANELS: Readonly<Record<string, readonly Panel[]>> = {
  listener,
  roots,
  sink,
  settlement,
  gateway,
  webhook,
  webhooks,
  kafka,
  processes,
};
