/** Which chain a deployment is of: the one that its listeners read, as their cursors say. */

import { AppError, mayPass } from '../errors.ts';
import type { KafkaClient } from './client.ts';
import type { RecordCodec } from './codec.ts';
import { readToEnd } from './topic-reader.ts';
import { topicNames } from './topics.ts';

export interface DeploymentChainOptions {
  readonly kafka: KafkaClient;
  readonly codec: Pick<RecordCodec, 'prepare' | 'decode'>;
  readonly signal: AbortSignal;
}

/**
 * Genesis hash of the chain, base58; undefined while no listener has said it.
 * @throws AppError CHAIN_DIFFERS (retryable) when listeners of different chains write to this deployment; what Kafka or registry answer.
 */
export async function readDeploymentChain(options: DeploymentChainOptions): Promise<string | undefined> {
  const { kafka, codec } = options;
  const hashes = new Map<string, string>();
  await readToEnd({
    ...options,
    topic: topicNames(kafka.settings).cursors,
    onRecords: async (records) => {
      await codec.prepare(records.map(({ value }) => value));
      for (const { value } of records) {
        const cursor = cursorIn(codec, value);
        if (cursor?.genesisHash != null) hashes.set(cursor.listener, cursor.genesisHash);
      }
    },
  });
  const chains = new Set(hashes.values());
  if (chains.size <= 1) return [...chains][0];
  const listeners = [...hashes].map(([listener, hash]) => `${listener} (genesis ${hash})`).join(', ');
  throw new AppError(
    'CHAIN_DIFFERS',
    `Listeners of different chains write to this deployment: ${listeners}. Stop those of the wrong chain, and run them under a KAFKA_NAMESPACE of their own.`,
    { retryable: true },
  );
}

function cursorIn(codec: Pick<RecordCodec, 'decode'>, value: Buffer | null) {
  try {
    const record = codec.decode(value);
    return record.name === 'Cursor' ? record.value : undefined;
  } catch (error) {
    if (mayPass(error)) throw error;
    return undefined;
  }
}
