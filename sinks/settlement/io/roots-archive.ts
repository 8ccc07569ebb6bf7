/** The records of ao.roots.v1 that stand on the topic now. */

import { mayPass } from '../../../runtime/errors.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { readToEnd } from '../../../runtime/kafka/topic-reader.ts';
import type { RootFinalized } from '../../../schemas/records.ts';

export interface RootsReading {
  readonly kafka: KafkaClient;
  readonly codec: RecordCodec;
  readonly topic: string;
  readonly partitions: readonly number[];
  readonly signal: AbortSignal;
}

/** Gives every root of some partitions, in order. Records that are no roots were put to the dead letters when they came. */
export async function readRoots(
  { kafka, codec, topic, partitions, signal }: RootsReading,
  onRoot: (root: RootFinalized, partition: number) => void,
): Promise<void> {
  await readToEnd({
    kafka,
    topic,
    from: new Map(partitions.map((partition) => [partition, 'beginning'])),
    others: 'not at all',
    signal,
    onRecords: async (records, partition) => {
      await codec.prepare(records.map(({ value }) => value));
      for (const { value } of records) {
        try {
          const decoded = codec.decode(value);
          if (decoded.name === 'RootFinalized') onRoot(decoded.value, partition);
        } catch (error) {
          if (mayPass(error)) throw error;
        }
      }
    },
  });
}
