/** The metrics of the cluster, by the names that kafka_exporter gives them, so that its public dashboards work here. */

import { Gauge, type Registry } from '@prometheus-io/client';
import type { Reading } from './reading.ts';

type Row = readonly [labels: Readonly<Record<string, string>>, value: number];

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  rows(reading: Reading): Row[];
}

const TOPIC = ['topic', 'partition'];
const GROUP = ['consumergroup', 'topic', 'partition'];

const METRICS: readonly Metric[] = [
  { name: 'kafka_brokers', help: 'Brokers that answer', labels: [], rows: ({ brokers }) => [[{}, brokers]] },
  {
    name: 'kafka_topic_partitions',
    help: 'Partitions of a topic',
    labels: ['topic'],
    rows: ({ replicas }) => [...replicas].map(([topic, partitions]) => [{ topic }, partitions.length]),
  },
  partitions('kafka_topic_partition_leader', 'Node id of the broker that leads the partition', ({ leader }) => leader),
  partitions('kafka_topic_partition_replicas', 'Copies of the partition', ({ replicas }) => replicas),
  partitions('kafka_topic_partition_in_sync_replica', 'Copies that are up to date', ({ inSync }) => inSync),
  partitions(
    'kafka_topic_partition_under_replicated_partition',
    '1 where copies are not up to date; alarm above 0',
    ({ replicas, inSync }) => (inSync < replicas ? 1 : 0),
  ),
  bounds('kafka_topic_partition_current_offset', 'Offset of the next record of the partition', 'high'),
  bounds('kafka_topic_partition_oldest_offset', 'Offset of the first record that the partition still holds', 'low'),
  {
    name: 'kafka_consumergroup_current_offset',
    help: 'Committed offset of a consumer group',
    labels: GROUP,
    rows: ({ lags }) =>
      lags.flatMap(({ group, topic, partition, committed }) =>
        committed === undefined ? [] : [[groupLabels(group, topic, partition), Number(committed)]],
      ),
  },
  {
    name: 'kafka_consumergroup_lag',
    help: 'Records between the committed offset of a consumer group and the end of the partition',
    labels: GROUP,
    rows: ({ lags }) =>
      lags.map(({ group, topic, partition, lag }) => [groupLabels(group, topic, partition), Number(lag)]),
  },
  {
    name: 'kafka_consumergroup_members',
    help: 'Running members of a consumer group',
    labels: ['consumergroup'],
    rows: ({ members }) => [...members].map(([consumergroup, count]) => [{ consumergroup }, count]),
  },
  disk('ao_kafka_disk_bytes', "Size of the volume that holds a broker's log directory", 'totalBytes'),
  disk('ao_kafka_disk_free_bytes', 'What is left of it for the broker', 'freeBytes'),
];

/** @param read Asked once for all metrics of a scrape; undefined where the cluster cannot be read: the scrape goes without them. */
export function serveKafkaMetrics(registry: Registry, read: () => Promise<Reading | undefined>): void {
  let current: Promise<Reading | undefined> | undefined;
  const once = (): Promise<Reading | undefined> => {
    current ??= read().finally(() => {
      current = undefined;
    });
    return current;
  };
  for (const { name, help, labels, rows } of METRICS) {
    new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [registry],
      async collect() {
        const reading = await once();
        // What is gone, or is not known, must not stay on the dashboard.
        this.reset();
        for (const [values, value] of reading === undefined ? [] : rows(reading)) this.set(values, value);
        if (reading === undefined && labels.length === 0) this.set(Number.NaN);
      },
    });
  }
}

function groupLabels(consumergroup: string, topic: string, partition: number): Record<string, string> {
  return { consumergroup, topic, partition: String(partition) };
}

function partitions(
  name: string,
  help: string,
  of: (partition: { leader: number; replicas: number; inSync: number }) => number,
): Metric {
  return {
    name,
    help,
    labels: TOPIC,
    rows: ({ replicas }) =>
      [...replicas].flatMap(([topic, found]) =>
        found.map((each): Row => [{ topic, partition: String(each.partition) }, of(each)]),
      ),
  };
}

function bounds(name: string, help: string, which: 'low' | 'high'): Metric {
  return {
    name,
    help,
    labels: TOPIC,
    rows: ({ bounds: topics }) =>
      [...topics].flatMap(([topic, found]) =>
        [...found].map(([partition, each]): Row => [{ topic, partition: String(partition) }, Number(each[which])]),
      ),
  };
}

function disk(name: string, help: string, which: 'totalBytes' | 'freeBytes'): Metric {
  return {
    name,
    help,
    labels: ['broker', 'directory'],
    rows: ({ disks }) => disks.map((each) => [{ broker: String(each.broker), directory: each.directory }, each[which]]),
  };
}
