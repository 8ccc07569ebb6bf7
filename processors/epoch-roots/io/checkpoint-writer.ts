/** Commits of a partition: records, offset and checkpoint in one transaction, with a snapshot where one is due. */

import { AppError } from '../../../runtime/errors.ts';
import type { GroupOffset, TransactionalWriter } from '../../../runtime/kafka/producer.ts';
import type { OutgoingRecord, WrittenRecords } from '../../../runtime/kafka/records.ts';
import type { TopicNames } from '../../../runtime/kafka/topics.ts';
import { encodeCheckpoint } from '../core/checkpoint.ts';
import type { Checkpoint, PartitionState } from '../core/partition-state.ts';
import type { Rules } from '../core/rules.ts';
import type { SnapshotPlace } from '../core/snapshot.ts';
import { makeSnapshot } from './snapshots.ts';

export interface CheckpointWriterPorts {
  readonly writer: Pick<TransactionalWriter, 'fence' | 'write' | 'close'>;
  readonly groupId: string;
  readonly topics: TopicNames;
  readonly rules: Rules;
  /** Whether a restart would read so many records again that a snapshot of so many rows is due. */
  readonly isSnapshotDue: (replayRecords: number, rows: number) => boolean;
}

export class CheckpointWriter {
  readonly #ports: CheckpointWriterPorts;
  readonly #partition: number;
  /** Id of the event topic, kept with the checkpoint. */
  #topicId: string | undefined;
  /** Of the checkpoint that is committed. */
  #snapshot: SnapshotPlace | undefined;

  constructor(ports: CheckpointWriterPorts, partition: number) {
    this.#ports = ports;
    this.#partition = partition;
  }

  /** Goes on from a checkpoint that was read. */
  takeOver(topicId: string | undefined, snapshot: SnapshotPlace | undefined): void {
    this.#topicId = topicId;
    this.#snapshot = snapshot;
  }

  /** Whether the committed checkpoint still builds on the snapshot that it built on when it was last seen here. */
  isOn(snapshot: SnapshotPlace | undefined): boolean {
    return this.#snapshot?.digest === snapshot?.digest && this.#snapshot?.offset === snapshot?.offset;
  }

  /** Whether a snapshot is due. */
  isSnapshotDue(state: PartitionState): boolean {
    return this.#ports.isSnapshotDue(state.position - state.checkpoint().offset, state.size);
  }

  async commit(state: PartitionState, offset: bigint, records: readonly OutgoingRecord[]): Promise<void> {
    const checkpoint = state.checkpoint();
    await this.#write(records, () => this.#place(offset, checkpoint));
    this.#snapshot = checkpoint.snapshot;
  }

  /**
   * The same with a snapshot of the state. After a failure it is unknown which snapshot stands: the state must be dropped.
   * @param turn Looks at the membership.
   */
  async commitWithSnapshot(
    state: PartitionState,
    offset: bigint,
    records: readonly OutgoingRecord[],
    turn: () => Promise<void>,
  ): Promise<void> {
    const topic = this.#ports.topics.processorState;
    const former = this.#snapshot?.records ?? 0;
    const snapshot = await makeSnapshot(topic, this.#partition, state.lines(), former, turn);
    let checkpoint: Checkpoint | undefined;
    await this.#write([...records, ...snapshot.records], (written) => {
      const begin = written.find(({ topicName, partition }) => topicName === topic && partition === this.#partition);
      if (begin?.baseOffset === undefined)
        throw new AppError('UNEXPECTED', 'The broker does not tell where a snapshot begins.', { retryable: true });
      const place = { offset: Number(begin.baseOffset), records: snapshot.parts, digest: snapshot.digest };
      checkpoint = state.checkpointOn(place);
      return this.#place(offset, checkpoint);
    });
    if (checkpoint === undefined) throw new AppError('UNEXPECTED', 'A transaction was committed without its offset.');
    state.beginAt(checkpoint);
    this.#snapshot = checkpoint.snapshot;
  }

  async #write(
    records: readonly OutgoingRecord[],
    place: (written: readonly WrittenRecords[]) => GroupOffset,
  ): Promise<void> {
    const { writer, groupId } = this.#ports;
    await writer.write(records, { id: groupId, offsets: (written) => [place(written)] });
  }

  #place(offset: bigint, checkpoint: Checkpoint): GroupOffset {
    const { topics, rules } = this.#ports;
    const metadata = encodeCheckpoint(rules, { ...checkpoint, topicId: this.#topicId });
    return { topic: topics.streamEvents, partition: this.#partition, offset, metadata };
  }
}
