/** Metrics of the processor. */

import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';

/** What a partition is asked for when metrics are read. */
export interface PartitionGauges {
  readonly partition: number;
  readonly openClaims: number;
  readonly openEpochs: number;
  readonly watermarkSlot: number | undefined;
  /** Records that a restore would read again. */
  readonly replayRecords: number;
}

export class ProcessorMetrics {
  readonly roots: Counter<'recipe'>;
  readonly lateEvents: Counter;
  readonly deadLetters: Counter<'code'>;
  readonly closedEpochs: Counter;
  readonly restoreSeconds: Histogram;
  readonly rootDelaySeconds: Histogram;

  /** @param partitions Asked at each reading. */
  constructor(registry: Registry, partitions: () => readonly PartitionGauges[]) {
    const registers = [registry];
    const sum = (name: string, help: string, of: (gauges: PartitionGauges) => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(partitions().reduce((total, gauges) => total + of(gauges), 0));
        },
      });
    };
    sum('ao_processor_open_claims', 'Events in epochs that are not finalised', ({ openClaims }) => openClaims);
    sum(
      'ao_processor_open_epochs',
      'Epochs with events that are not finalised, summed over partitions',
      ({ openEpochs }) => openEpochs,
    );
    sum('ao_processor_replay_records', 'Records that a restart would read again', ({ replayRecords }) => replayRecords);
    new Gauge({
      name: 'ao_processor_watermark_slot',
      help: 'Highest slot proven by a watermark, by partition',
      labelNames: ['partition'],
      registers,
      collect() {
        this.reset();
        for (const { partition, watermarkSlot } of partitions()) {
          if (watermarkSlot !== undefined) this.set({ partition: String(partition) }, watermarkSlot);
        }
      },
    });
    this.roots = new Counter({
      name: 'ao_processor_roots_total',
      help: 'Roots emitted',
      labelNames: ['recipe'],
      registers,
    });
    this.lateEvents = new Counter({
      name: 'ao_processor_late_events_total',
      help: 'Claims that came after the roots of their epoch',
      registers,
    });
    this.deadLetters = new Counter({
      name: 'ao_processor_dead_letters_total',
      help: 'Records written to the dead-letter topic, by error code',
      labelNames: ['code'],
      registers,
    });
    this.closedEpochs = new Counter({
      name: 'ao_processor_closed_epochs_total',
      help: 'Epochs with claims that were given up unproven',
      registers,
    });
    this.restoreSeconds = new Histogram({
      name: 'ao_processor_restore_seconds',
      help: 'Assignment of a partition to its state being rebuilt',
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
      registers,
    });
    this.rootDelaySeconds = new Histogram({
      name: 'ao_processor_event_to_root_seconds',
      help: 'Arrival in Kafka of the record that finalised an epoch to the commit of its roots',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
      registers,
    });
  }
}
