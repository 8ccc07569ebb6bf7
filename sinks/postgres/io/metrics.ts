/** What the sink measures. */

import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';

export interface SinkMetrics {
  readonly records: Counter<'topic' | 'outcome'>;
  readonly rows: Counter<'table'>;
  readonly outside: Counter<'status'>;
  readonly batchSeconds: Histogram<'topic'>;
  readonly recordToRowSeconds: Histogram<'topic'>;
  readonly retries: Counter<'topic'>;
  readonly lag: Gauge<'topic' | 'partition'>;
  readonly trees: Counter<'outcome'>;
  readonly rootMismatch: Gauge;
  readonly epochGaps: Gauge;
  readonly alarms: Gauge<'kind'>;
}

export function createMetrics(registry: Registry): SinkMetrics {
  const registers = [registry];
  return {
    records: new Counter({
      name: 'ao_sink_records_total',
      help: 'Records taken in, by outcome: written or dead_letter.',
      labelNames: ['topic', 'outcome'],
      registers,
    }),
    rows: new Counter({
      name: 'ao_sink_rows_total',
      help: 'Rows written, by table.',
      labelNames: ['table'],
      registers,
    }),
    outside: new Counter({
      name: 'ao_sink_claims_outside_roots_total',
      help: 'Claims of finalised epochs that are in no root: late or unproven.',
      labelNames: ['status'],
      registers,
    }),
    batchSeconds: new Histogram({
      name: 'ao_sink_batch_duration_seconds',
      help: 'Time from a batch in hand to its commit.',
      labelNames: ['topic'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    recordToRowSeconds: new Histogram({
      name: 'ao_sink_record_to_row_seconds',
      help: 'From the record to its committed rows, of the oldest record of each batch.',
      labelNames: ['topic'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
      registers,
    }),
    retries: new Counter({
      name: 'ao_sink_batch_retries_total',
      help: 'Batches that failed and were tried again.',
      labelNames: ['topic'],
      registers,
    }),
    lag: new Gauge({
      name: 'ao_sink_lag_messages',
      help: 'Records not yet taken in, by topic and partition.',
      labelNames: ['topic', 'partition'],
      registers,
    }),
    trees: new Counter({
      name: 'ao_sink_trees_total',
      help: 'Trees made again from the claims, by outcome: built or mismatch.',
      labelNames: ['outcome'],
      registers,
    }),
    rootMismatch: new Gauge({
      name: 'ao_sink_root_mismatch',
      help: 'Roots whose claims in the database give another root. Must be 0.',
      registers,
    }),
    epochGaps: new Gauge({
      name: 'ao_sink_epoch_gaps',
      help: 'Epochs with claims and without a root, though watermarks stand above their end: slots are not proven. Must become 0.',
      registers,
    }),
    alarms: new Gauge({
      name: 'ao_sink_settlement_alarms',
      help: 'Roots final by our record that the chain does not show so, by kind: not_seen or other_bytes. Must be 0.',
      labelNames: ['kind'],
      registers,
    }),
  };
}
