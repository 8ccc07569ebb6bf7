import { describe, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { testStack, uniqueName } from './stack.ts';

describe('the stack of a test run', () => {
  it('has a broker', async () => {
    const kafka = new Kafka({
      clientId: 'support-test',
      brokers: testStack().kafkaBrokers,
      logLevel: logLevel.NOTHING,
    });
    const admin = kafka.admin();
    await admin.connect();
    const topic = uniqueName('support');
    expect(await admin.createTopics({ topics: [{ topic }], waitForLeaders: true })).toBe(true);
    await admin.disconnect();
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
