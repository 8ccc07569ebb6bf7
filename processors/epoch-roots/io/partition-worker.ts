/** One partition of the event topic in this process: its state, its transactional id, what is committed. */

import { AppError, codeOf } from '../../../runtime/errors.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import type { GroupConsumer, PartitionBatch } from '../../../runtime/kafka/consumer.ts';
import type { KafkaRecord } from '../../../runtime/kafka/records.ts';
import { PartitionState } from '../core/partition-state.ts';
import { restoreFault } from '../core/restore-fault.ts';
import type { SnapshotPlace } from '../core/snapshot.ts';
import type { StandingRoots } from '../core/standing-roots.ts';
import { applyBatch } from './apply-batch.ts';
import { CheckpointWriter, type CheckpointWriterPorts } from './checkpoint-writer.ts';
import { CommitPace } from './commit-pace.ts';
import type { PartitionGauges } from './metrics.ts';
import { Outbox, type OutboxPorts } from './outbox.ts';
import { RestoreProgress } from './restore-progress.ts';
import { linesOf } from './snapshots.ts';
import { assertRestorable, readTakeover, type TakeoverPorts } from './takeover.ts';
import { Turns } from './turns.ts';

export interface WorkerPorts extends OutboxPorts, TakeoverPorts, CheckpointWriterPorts {
  readonly consumer: Pick<GroupConsumer, 'committed' | 'seek' | 'release'>;
  readonly codec: Pick<RecordCodec, 'prepare' | 'decodeCounted' | 'encode'>;
  /** Before roots are emitted: whether their numbers may be used. Throws what holds the partition. */
  readonly assertNumbering: () => Promise<void>;
  /** The records that stand where a snapshot must stand. */
  readonly snapshotRecords: (partition: number, place: SnapshotPlace) => Promise<readonly KafkaRecord[]>;
  readonly checkpointIntervalMs: number;
  readonly wait: (ms: number) => Promise<void>;
}

/** Longer than the interval of heartbeats: the next one really asks the coordinator. */
const HEARTBEAT_DUE_MS = 3500;

export class PartitionWorker {
  readonly #ports: WorkerPorts;
  readonly #partition: number;
  readonly #checkpoints: CheckpointWriter;
  #preparing: { readonly generation: number; readonly done: Promise<void> } | undefined;
  #readyGeneration = -1;
  #state: PartitionState | undefined;
  /** Outputs of records below it were committed before: they are not emitted again. */
  #emittedBelow = 0;
  readonly #restore: RestoreProgress;
  /** What must come out again while a state is rebuilt without a checkpoint. */
  #standing: StandingRoots | undefined;
  /** Offset after the last batch, and the markers behind it. */
  #readUpTo = 0n;
  /** What came out again is not what stands: no restart of the replay mends it. */
  #conflict: AppError | undefined;
  readonly #pace: CommitPace;
  /** A commit that overtakes another would set the group back. */
  readonly #turns = new Turns();

  constructor(ports: WorkerPorts, partition: number) {
    this.#ports = ports;
    this.#partition = partition;
    this.#checkpoints = new CheckpointWriter(ports, partition);
    this.#restore = new RestoreProgress(ports, partition);
    this.#pace = new CommitPace(ports.checkpointIntervalMs);
  }

  get isRestored(): boolean {
    return this.#state !== undefined && this.#restore.isDone;
  }

  get gauges(): PartitionGauges {
    const state = this.#state;
    return {
      partition: this.#partition,
      openClaims: state?.openClaims ?? 0,
      openEpochs: state?.openEpochs ?? 0,
      watermarkSlot: state?.watermarkSlot,
      replayRecords: state === undefined ? 0 : state.position - state.checkpoint().offset,
    };
  }

  /**
   * Takes the partition over in a generation: fence, read what is committed, read again from where the checkpoint says.
   * Once a generation; again after a failure.
   * @throws AppError CHECKPOINT_RULES_CHANGED, TRANSACTION_FAILED (retryable); RECORDS_GONE, TOPIC_CUT, TOPIC_REPLACED,
   * SNAPSHOT_GONE, ROOT_CONFLICT: the partition must be held.
   */
  async prepare(generation: number): Promise<void> {
    if (this.#conflict !== undefined) throw this.#conflict;
    if (this.#preparing?.generation !== generation) {
      const preparing = { generation, done: this.#turns.run(() => this.#takeOver(generation)) };
      this.#preparing = preparing;
      preparing.done.catch(() => {
        if (this.#preparing === preparing) this.#preparing = undefined;
      });
    }
    await this.#preparing.done;
  }

  async #takeOver(generation: number): Promise<void> {
    const { consumer, writer, rules, topics, snapshotRecords, log, now } = this.#ports;
    const startedMs = now();
    await writer.fence();
    const takeover = await readTakeover(this.#ports, this.#partition);
    if (this.#preparing?.generation !== generation) return;
    const { mark, emittedBelow, restoreTo, standing, found } = takeover;
    // State follows from the records alone: while a checkpoint stands, what this member has is still right.
    const isRight =
      standing === undefined && emittedBelow >= this.#pace.committed && this.#checkpoints.isOn(mark.snapshot);
    if (!isRight) this.#state = undefined;
    assertRestorable(takeover, this.#state?.position ?? mark.offset);
    if (this.#state === undefined) {
      const { snapshot } = mark;
      const found = snapshot === undefined ? [] : await snapshotRecords(this.#partition, snapshot);
      if (this.#preparing?.generation !== generation) return;
      const remembered = snapshot === undefined ? [] : linesOf(snapshot, this.#partition, found);
      this.#state = new PartitionState(rules, this.#partition, mark, remembered);
      this.#restore.begin(startedMs, restoreTo);
    }
    // Who wrote a checkpoint had seen everything that stood come out again.
    this.#standing = standing;
    this.#checkpoints.takeOver(found.topicId, mark.snapshot);
    this.#readUpTo = 0n;
    this.#emittedBelow = Number(emittedBelow);
    this.#pace.begin(emittedBelow);
    this.#readyGeneration = generation;
    const { position } = this.#state;
    consumer.release(topics.streamEvents, this.#partition);
    consumer.seek(topics.streamEvents, this.#partition, BigInt(position));
    log.info(
      { partition: this.#partition, emittedBelow, position, restoreTo: this.#restore.target },
      'partition taken over',
    );
    this.#restore.note(this.#state);
  }

  /** Applies a batch, and writes what it leads to with the offset in one transaction. A thrown error: the batch must come again. */
  async process(batch: PartitionBatch): Promise<void> {
    await this.prepare(batch.generation);
    try {
      await this.#turns.run(() => this.#processAlone(batch));
    } catch (error) {
      if (error instanceof AppError && error.code === 'ROOT_CONFLICT') {
        this.#conflict = error;
        this.drop();
      }
      if (codeOf(error) !== 'PRODUCER_FENCED') throw error;
      await this.#askMembership(batch);
      throw new AppError('PARTITION_NOT_READY', 'Another process held the partition; it is taken over again.', {
        retryable: true,
        cause: error,
      });
    }
  }

  async #processAlone(batch: PartitionBatch): Promise<void> {
    const state = this.#state;
    if (!batch.isCurrent()) return;
    if (state === undefined || this.#readyGeneration !== batch.generation) {
      throw new AppError('PARTITION_NOT_READY', 'The partition was given up meanwhile.', { retryable: true });
    }
    const outbox = new Outbox(this.#ports, this.#partition);
    await this.#assertNothingMissing(state, batch);
    try {
      await this.#apply(state, batch, outbox);
      this.#readUpTo = batch.nextOffset;
      if (!outbox.isEmpty) await this.#write(state, batch, outbox);
      else if (batch.nextOffset > this.#pace.committed && this.#checkpoints.isSnapshotDue(state))
        await this.#write(state, batch, outbox);
      else {
        this.#pace.applied(batch.nextOffset);
        await this.#commitIfDue();
      }
    } catch (error) {
      // Outputs that were not committed are only had again by applying their records again.
      if (!outbox.isEmpty) this.drop();
      throw error;
    }
    this.#restore.note(this.#state);
  }

  /** What lies between the last batch and this one may be transaction markers, or records that were deleted meanwhile. */
  async #assertNothingMissing(state: PartitionState, { fetchedFrom }: PartitionBatch): Promise<void> {
    const { position } = state;
    if (fetchedFrom <= BigInt(position) || fetchedFrom <= this.#readUpTo) return;
    const reached = { restoreFrom: position, emittedBelow: 0, topicId: undefined };
    const fault = restoreFault(reached, await this.#ports.found(this.#partition));
    if (fault === undefined) return;
    this.drop();
    throw fault;
  }

  async #apply(state: PartitionState, batch: PartitionBatch, outbox: Outbox): Promise<void> {
    await applyBatch(batch, {
      ...{ state, outbox, codec: this.#ports.codec, emittedBelow: this.#emittedBelow, standing: this.#standing },
      onSpoiled: () => this.drop(),
    });
    if (state.position >= this.#emittedBelow) this.#standing = undefined;
  }

  async #write(state: PartitionState, batch: PartitionBatch, outbox: Outbox): Promise<void> {
    if (!batch.isCurrent()) {
      this.drop();
      return;
    }
    if (outbox.hasRoots) await this.#ports.assertNumbering();
    if (!this.#checkpoints.isSnapshotDue(state))
      await this.#checkpoints.commit(state, batch.nextOffset, outbox.records);
    else {
      try {
        const turn = (): Promise<void> => batch.heartbeat();
        await this.#checkpoints.commitWithSnapshot(state, batch.nextOffset, outbox.records, turn);
      } catch (error) {
        this.drop();
        throw error;
      }
    }
    this.#pace.wrote(batch.nextOffset, this.#ports.now());
    outbox.committed();
  }

  /** Commits what is applied and led to nothing, on a timer: a partition may fall silent. */
  async flush(generation: number): Promise<void> {
    try {
      await this.#turns.run(async () => {
        if (this.#readyGeneration === generation) await this.#commitIfDue();
      });
    } catch (err) {
      this.#ports.log.warn({ err, partition: this.#partition }, 'offset not committed');
    }
  }

  /** In a transaction too: a commit by group membership alone could undo the offset of a member that fenced this one. */
  async #commitIfDue(): Promise<void> {
    if (this.#pace.isDue(this.#ports.now())) await this.#commitApplied();
  }

  async #commitApplied(): Promise<void> {
    const { committed, committable } = this.#pace;
    if (this.#state === undefined || committable <= committed) return;
    try {
      await this.#checkpoints.commit(this.#state, committable, []);
      this.#pace.wrote(committable, this.#ports.now());
    } catch (error) {
      // What is applied led to nothing, so the state is still right; only the id must be taken again.
      this.#release();
      throw error;
    }
  }

  /** Somebody else holds the id: find out whether the partition is still ours before taking the id back. */
  async #askMembership(batch: PartitionBatch): Promise<void> {
    this.#ports.log.warn({ partition: this.#partition }, 'another process took the partition');
    await this.#ports.wait(HEARTBEAT_DUE_MS);
    await batch.heartbeat();
  }

  /** Forgets everything; the next batch takes the partition over anew. */
  drop(): void {
    this.#state = undefined;
    this.#release();
  }

  /** Has the transactional id taken again before the next batch. */
  #release(): void {
    if (this.#preparing?.generation === this.#readyGeneration) this.#preparing = undefined;
    this.#readyGeneration = -1;
  }

  /** Hands the partition back, what was applied committed: the next owner has less to read again. */
  async close(): Promise<void> {
    await this.#turns.run(async () => {
      try {
        if (this.#readyGeneration !== -1) await this.#commitApplied();
      } catch (err) {
        this.#ports.log.debug({ err, partition: this.#partition }, 'last offset not committed');
      }
      this.drop();
      await this.#ports.writer.close();
    });
  }
}
