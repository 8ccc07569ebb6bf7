/** The lag exporter: `kafka_consumergroup_lag{consumergroup,topic,partition}`, the names that public Grafana dashboards use. */

import { Gauge } from '@prometheus-io/client';
import { z } from 'zod';
import { kafkaConfig, processConfig } from '../../runtime/config.ts';
import { KafkaAdmin } from '../../runtime/kafka/admin.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { groupLags } from '../../runtime/kafka/group-lags.ts';
import { unseenLetters } from '../../runtime/kafka/seen-letters.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import type { Role } from '../../runtime/role.ts';
import { waitingFor } from '../../runtime/wait-for.ts';

const config = z.object({ ...processConfig, ...kafkaConfig });

export const role: Role<typeof config.shape> = {
  name: 'lag-exporter',
  config,
  opsPort: 9106,
  async start({ config: settings, log, metrics, signal, holds }) {
    const kafka = createKafka(settings, 'ao-lag-exporter', log);
    const admin = await waitingFor(log, signal, holds)('Kafka', () => KafkaAdmin.connect(kafka));
    const topics = Object.values(topicNames(settings));
    const labelNames = ['consumergroup', 'topic', 'partition'] as const;
    const common = { labelNames, registers: [metrics] };
    const current = new Gauge({
      ...common,
      name: 'kafka_consumergroup_current_offset',
      help: 'Committed offset of a consumer group',
    });
    let reachable = true;
    const lag = new Gauge({
      ...common,
      name: 'kafka_consumergroup_lag',
      help: 'Records between the committed offset of a consumer group and the end of the partition',
      async collect() {
        // Groups come and go: what is gone must not stay on the dashboard.
        lag.reset();
        current.reset();
        try {
          for (const row of await groupLags(admin, topics, settings.KAFKA_NAMESPACE)) {
            const labels = { consumergroup: row.group, topic: row.topic, partition: String(row.partition) };
            lag.set(labels, Number(row.lag));
            if (row.committed !== undefined) current.set(labels, Number(row.committed));
          }
          reachable = true;
        } catch (err) {
          reachable = false;
          log.warn({ err }, 'cannot read consumer lag; the scrape goes without it');
        }
      },
    });
    new Gauge({
      name: 'ao_dead_letters_unseen',
      help: 'Dead letters that nobody has marked as seen (ao dlq ack); alarm above 0',
      registers: [metrics],
      async collect() {
        try {
          this.set(Number(await unseenLetters(kafka, admin)));
        } catch (err) {
          // Unknown is not none: the scrape goes without a number.
          this.set(Number.NaN);
          log.warn({ err }, 'cannot count dead letters');
        }
      },
    });
    return { ready: () => ({ kafka: reachable }), stop: () => admin.close() };
  },
};
