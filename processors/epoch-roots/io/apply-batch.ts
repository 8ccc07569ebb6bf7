/** The records of a batch applied to a partition's state: what they lead to goes to the outbox, or is met again. */

import { AppError } from '../../../runtime/errors.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import type { PartitionBatch } from '../../../runtime/kafka/consumer.ts';
import type { KafkaRecord } from '../../../runtime/kafka/records.ts';
import type { Input, Output, PartitionState } from '../core/partition-state.ts';
import type { StandingRoots } from '../core/standing-roots.ts';
import type { Outbox } from './outbox.ts';

export interface Application {
  readonly state: PartitionState;
  readonly outbox: Outbox;
  readonly codec: Pick<RecordCodec, 'prepare' | 'decodeCounted'>;
  /** Outputs of records below it were committed before: they are not emitted again. */
  readonly emittedBelow: number;
  /** What must come out again while a state is rebuilt without a checkpoint. */
  readonly standing: StandingRoots | undefined;
  /** Told before an error leaves a record half applied: the state is of no use any more. */
  onSpoiled(): void;
}

/** Records between two looks at the membership within a batch. */
const RECORDS_A_TURN = 1000;

/**
 * Applies the records that the state has not seen. A record that cannot be taken goes to the dead letters.
 * @throws AppError ROOT_CONFLICT when what comes out again is not what stands, and what codec and group throw.
 */
export async function applyBatch(batch: PartitionBatch, application: Application): Promise<void> {
  const { state, outbox, codec, emittedBelow, standing, onSpoiled } = application;
  const messages = batch.messages.filter(({ offset }) => Number(offset) >= state.position);
  await codec.prepare(messages.map(({ value }) => value));
  for (const [i, message] of messages.entries()) {
    if (i % RECORDS_A_TURN === RECORDS_A_TURN - 1) await batch.heartbeat();
    const emits = Number(message.offset) >= emittedBelow;
    let outputs: readonly Output[] = [];
    try {
      outputs = state.apply(Number(message.offset), inputOf(codec, message));
    } catch (error) {
      if (!(error instanceof AppError) || error.retryable) {
        onSpoiled();
        throw error;
      }
      state.skip(Number(message.offset));
      if (emits) outbox.addDeadLetter(message, error);
    }
    if (emits) outbox.add(message, outputs);
    else for (const output of outputs) if (output.kind === 'root') standing?.meet(output.root);
  }
  if (state.position >= emittedBelow) standing?.assertAllMet();
}

/** @throws AppError RECORD_MALFORMED, SCHEMA_FOREIGN, RECORD_UNEXPECTED */
function inputOf(codec: Pick<RecordCodec, 'decodeCounted'>, message: KafkaRecord): Input {
  const record = codec.decodeCounted(message.value);
  if (record.name === 'StreamEvent' || record.name === 'SlotWatermark') return record;
  throw new AppError('RECORD_UNEXPECTED', `A ${record.name} does not belong on this topic.`);
}
