/** The Kafka side of a listener: takes the transactional id over, reads back where it stands, writes. */

import { withAdmin } from '../../../../runtime/kafka/admin.ts';
import type { KafkaClient, KafkaSettings } from '../../../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../../../runtime/kafka/codec.ts';
import { TransactionalWriter } from '../../../../runtime/kafka/producer.ts';
import { partitionsOf, type TopicNames } from '../../../../runtime/kafka/topics.ts';
import type { Logger } from '../../../../runtime/logging.ts';
import type { Cursor } from '../../../../schemas/records.ts';
import type { ListenerState } from '../../core/emission/listener-state.ts';
import { restoreEmissions } from '../../core/emission/restore-emissions.ts';
import { emptyCursor } from '../../core/reading/start-position.ts';
import type { Beginning } from '../reading/first-slot.ts';
import { readCursor, readOwnRecords } from './cursor-store.ts';
import { EventWriter } from './event-writer.ts';

export interface ListenerLogOptions {
  readonly kafka: KafkaClient;
  readonly codec: RecordCodec;
  readonly topics: TopicNames;
  readonly settings: KafkaSettings;
  readonly listenerId: string;
  readonly programId: string;
  readonly state: ListenerState;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Where to begin when no cursor stands in the topic. */
  beginning(): Promise<Beginning>;
  /** Whether a cursor that stands in the topic is to be gone on from. Default: yes. */
  resumable?(cursor: Cursor): boolean;
}

export class ListenerLog {
  readonly #options: ListenerLogOptions;
  readonly #writer: TransactionalWriter;
  readonly events: EventWriter;

  constructor(options: ListenerLogOptions) {
    const { kafka, settings, codec, topics, programId, listenerId } = options;
    this.#options = options;
    this.#writer = new TransactionalWriter(kafka, `${settings.KAFKA_NAMESPACE}ao-listener-${listenerId}`);
    const partitions = partitionsOf('streamEvents', settings);
    this.events = new EventWriter({ writer: this.#writer, codec, topics, partitions, programId, wallMs: Date.now });
  }

  /** Fences, then rebuilds the state from the topics. One try; the caller retries. */
  async takeOver(): Promise<void> {
    const { state, listenerId, log, resumable } = this.#options;
    await this.#writer.fence();
    const stored = await readCursor(this.#options);
    const resumed = stored !== undefined && resumable?.(stored) !== false;
    const cursor = resumed ? stored : await this.#begin();
    const own = resumed ? await readOwnRecords(this.#options, cursor) : [];
    const emissions = restoreEmissions(own);
    state.restore(cursor, emissions);
    log.info(
      {
        listener: listenerId,
        resumed,
        fromSlot: cursor.fromSlot,
        slot: cursor.slot,
        recordsReadBack: own.length,
        pending: emissions.pendingCount,
      },
      'position known',
    );
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  /** Writes the empty cursor down before anything is emitted, so that a crash before the first watermark loses nothing. */
  async #begin(): Promise<Cursor> {
    const { kafka, topics, listenerId, beginning } = this.#options;
    const bounds = await withAdmin(kafka, (admin) => admin.bounds(topics.streamEvents));
    const resumeOffsets = [...bounds].map(([partition, { high }]) => ({ partition, offset: Number(high) }));
    const { slot, genesisHash } = await beginning();
    const cursor = emptyCursor(listenerId, slot, resumeOffsets, Date.now(), genesisHash);
    await this.events.commit([{ kind: 'cursor', cursor }]);
    return cursor;
  }
}
