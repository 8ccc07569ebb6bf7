import { statfsSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { testStack } from '../../tests/testing/stack.ts';
import { kafkaConfig, loadConfig } from '../config.ts';
import { silentLogger } from '../logging.ts';
import { brokerDisks } from './broker-disks.ts';
import { createKafka } from './client.ts';

it('tells the size and the rest of the volume that the broker writes to', async () => {
  const env = { KAFKA_BROKERS: testStack().kafkaBrokers.join(',') };
  const kafka = createKafka(loadConfig(z.object(kafkaConfig), env), 'test', silentLogger());
  const [disk, ...others] = await brokerDisks(kafka);
  expect(others).toEqual([]);
  const { blocks, bsize } = statfsSync(disk?.directory ?? '');
  expect(disk?.totalBytes).toBe(blocks * bsize);
  expect(disk?.freeBytes).toBeGreaterThan(0);
  expect(disk?.freeBytes).toBeLessThan(blocks * bsize);
});
