/** From batches of ao.roots.v1 to roots in the settler's queues; what is no root goes to the dead letters. */

import { AppError } from '../../../runtime/errors.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import type { PartitionBatch } from '../../../runtime/kafka/consumer.ts';
import { deadLetter } from '../../../runtime/kafka/dead-letters.ts';
import type { RecordSender } from '../../../runtime/kafka/producer.ts';
import type { RootFinalized } from '../../../schemas/records.ts';
import type { RootToSettle } from '../core/root-job.ts';

export interface RootsIntakeOptions {
  readonly codec: RecordCodec;
  readonly producer: RecordSender;
  readonly deadLetterTopic: string;
  readonly role: string;
  onRoot(root: RootToSettle): void;
  /** After the dead letter is acknowledged. */
  onDeadLetter(partition: number, offset: bigint, nextOffset: bigint, error: unknown): void;
}

/** Takes a batch in, in order. @throws when registry or broker do not answer; the batch comes again. */
export async function takeIn(batch: PartitionBatch, options: RootsIntakeOptions): Promise<void> {
  await options.codec.prepare(batch.messages.map(({ value }) => value));
  const { topic, partition } = batch;
  for (const [index, message] of batch.messages.entries()) {
    const offset = BigInt(message.offset);
    const following = batch.messages[index + 1]?.offset;
    const nextOffset = following === undefined ? batch.nextOffset : BigInt(following);
    try {
      const { channel, epoch, root, count, startSlot, endSlot } = decodeRoot(options.codec, message.value);
      const recordedAtMs = Number(message.timestamp);
      const at = { partition, offset, nextOffset };
      options.onRoot({ ...at, channel, epoch, root, count, startSlot, endSlot, recordedAtMs });
    } catch (error) {
      if (!(error instanceof AppError) || error.retryable) throw error;
      const origin = { topic, partition, offset: message.offset };
      await options.producer.send([deadLetter(options.deadLetterTopic, origin, message, error, options.role)]);
      options.onDeadLetter(partition, offset, nextOffset, error);
    }
  }
}

function decodeRoot(codec: RecordCodec, value: Buffer | null): RootFinalized {
  const decoded = codec.decode(value);
  if (decoded.name !== 'RootFinalized') {
    throw new AppError('RECORD_UNEXPECTED', `A ${decoded.name} stands where only RootFinalized belongs.`);
  }
  if (!/^[0-9a-f]{64}$/.test(decoded.value.root)) {
    throw new AppError('ROOT_INVALID', 'The root is not 64 lower-case hexadecimal digits.');
  }
  return decoded.value;
}
