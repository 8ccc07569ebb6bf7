/** Webhooks: delivers finalised roots and steps of settlements to the endpoints of integrators, at least once each, in order per channel. */

import { KafkaAdmin } from '../../runtime/kafka/admin.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { connectTopics } from '../../runtime/kafka/connect.ts';
import { connectProducer } from '../../runtime/kafka/producer.ts';
import type { Role } from '../../runtime/role.ts';
import { waitingFor } from '../../runtime/wait-for.ts';
import { webhooksConfig } from './config.ts';
import type { Endpoint } from './core/endpoint.ts';
import { AddressGuard } from './io/address-guard.ts';
import { Delivery } from './io/delivery.ts';
import { EndpointClient } from './io/endpoint-client.ts';
import { EndpointSender } from './io/endpoint-sender.ts';
import { readEndpoints } from './io/endpoints-file.ts';
import { Senders } from './io/senders.ts';
import { Slots } from './io/slots.ts';
import { WebhooksMetrics } from './io/webhooks-metrics.ts';

export const role: Role<typeof webhooksConfig.shape> = {
  name: 'webhooks',
  config: webhooksConfig,
  opsPort: 9108,
  async start({ config, log, metrics: registry, signal, holds, fail }) {
    // What is wrong with the file is said before anything is waited for.
    await readEndpoints(config.WEBHOOKS_FILE);
    const guard = new AddressGuard(config.WEBHOOKS_PRIVATE_NETWORKS);
    const kafka = createKafka(config, 'ao-webhooks', log);
    const waitFor = waitingFor(log, signal, holds);
    const { topics, codec } = await connectTopics(kafka, config, waitFor, { signal, onChange: fail });
    const producer = await waitFor('Kafka', () => connectProducer(kafka));
    const admin = await waitFor('Kafka', () => KafkaAdmin.connect(kafka));
    const metrics = new WebhooksMetrics(
      registry,
      () => new Map(senders.all.map((sender) => [sender.endpoint.id, sender.oldestSeconds()])),
    );
    const make = (endpoint: Endpoint): EndpointSender => {
      const connections = config.WEBHOOKS_IN_FLIGHT;
      const delivery = new Delivery({
        endpointId: endpoint.id,
        client: new EndpointClient({ endpoint, guard, timeoutMs: config.WEBHOOKS_TIMEOUT_MS, connections }),
        slots: new Slots(connections),
        maxBackoffMs: config.WEBHOOKS_MAX_BACKOFF_MS,
        ...{ metrics, holds, log },
      });
      return new EndpointSender({
        ...{ endpoint, delivery, kafka, admin, codec, producer, topics, metrics, holds, log },
        role: role.name,
      });
    };
    const senders: Senders = new Senders({ path: config.WEBHOOKS_FILE, holds, log, waitFor, signal, make });
    await senders.start();
    return {
      describe: { endpoints: senders.all.map(({ endpoint }) => endpoint.id) },
      live: () => senders.all.every((sender) => sender.isLive()),
      ready: () => ({ kafka: senders.all.every((sender) => sender.isJoined()) }),
      async stop() {
        await senders.stop();
        await admin.close();
        await producer.disconnect();
      },
    };
  },
};
