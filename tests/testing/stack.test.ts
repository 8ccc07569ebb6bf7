import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import { kafkaConfig, loadConfig } from '../../runtime/config.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { withBrokerAdmin } from '../../runtime/kafka/testing/broker-admin.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { testStack, uniqueName } from './stack.ts';

describe('the stack of a test run', () => {
  it('has a broker', async () => {
    const settings = loadConfig(z.object(kafkaConfig), { KAFKA_BROKERS: testStack().kafkaBrokers.join(',') });
    const kafka = createKafka(settings, 'support-test', silentLogger());
    const topic = uniqueName('support');
    const created = await withBrokerAdmin(kafka, (admin) =>
      admin.createTopics({ topics: [{ topic }], waitForLeaders: true }),
    );
    expect(created).toBe(true);
  });

  it('has a registry that holds schemas backward compatible', async () => {
    const response = await fetch(`${testStack().registryUrl}/config`);
    expect(await response.json()).toMatchObject({ compatibilityLevel: 'BACKWARD' });
  });

  it('has a database', async () => {
    const client = new pg.Client({ connectionString: testStack().databaseUrl });
    await client.connect();
    const { rows } = await client.query<{ name: string }>('select current_database() as name');
    await client.end();
    expect(rows).toEqual([{ name: 'attention_oracle' }]);
  });
});
