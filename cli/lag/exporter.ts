/** The lag exporter: consumer lag and the state of the cluster by the names that public Grafana dashboards use; unseen dead letters. */

import { Gauge } from '@prometheus-io/client';
import { z } from 'zod';
import { kafkaConfig, processConfig } from '../../runtime/config.ts';
import { KafkaAdmin } from '../../runtime/kafka/admin.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import type { Role } from '../../runtime/role.ts';
import { waitingFor } from '../../runtime/wait-for.ts';
import { serveKafkaMetrics } from './kafka-metrics.ts';
import { readCluster } from './reading.ts';
import { UnseenLetters } from './unseen-letters.ts';

const config = z.object({ ...processConfig, ...kafkaConfig });

export const role: Role<typeof config.shape> = {
  name: 'lag-exporter',
  config,
  opsPort: 9106,
  async start({ config: settings, log, metrics, signal, holds }) {
    const kafka = createKafka(settings, 'ao-lag-exporter', log);
    const admin = await waitingFor(log, signal, holds)('Kafka', () => KafkaAdmin.connect(kafka));
    const topics = Object.values(topicNames(settings));
    const letters = new UnseenLetters(kafka, admin);
    let reachable = true;
    serveKafkaMetrics(metrics, async () => {
      try {
        const reading = await readCluster(kafka, admin, topics);
        reachable = true;
        return reading;
      } catch (err) {
        reachable = false;
        log.warn({ err }, 'cannot read the cluster; the scrape goes without it');
        return undefined;
      }
    });
    new Gauge({
      name: 'ao_dead_letters_unseen',
      help: 'Dead letters that nobody has marked as seen (ao dlq ack), by error code; alarm above 0',
      labelNames: ['code'],
      registers: [metrics],
      async collect() {
        try {
          const counts = await letters.count();
          this.reset();
          for (const [code, count] of counts) this.set({ code }, count);
        } catch (err) {
          // Unknown is not none: the scrape goes without a number.
          this.reset();
          log.warn({ err }, 'cannot count dead letters');
        }
      },
    });
    return {
      ready: () => ({ kafka: reachable }),
      async stop() {
        await letters.stop();
        await admin.close();
      },
    };
  },
};
