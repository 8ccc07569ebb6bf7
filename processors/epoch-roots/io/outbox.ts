/** The records to write for a batch: roots and dead letters, in the order of the records that led to them. */

import { AppError } from '../../../runtime/errors.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { deadLetter } from '../../../runtime/kafka/dead-letters.ts';
import type { KafkaRecord, OutgoingRecord } from '../../../runtime/kafka/records.ts';
import type { TopicNames } from '../../../runtime/kafka/topics.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { rootIdentity } from '../../../runtime/tracing/identities.ts';
import { SendSpans, type Subject } from '../../../runtime/tracing/record-spans.ts';
import type { Output } from '../core/partition-state.ts';
import type { ProcessorMetrics } from './metrics.ts';

export const ROLE_NAME = 'process';

export interface OutboxPorts {
  readonly codec: Pick<RecordCodec, 'encode'>;
  readonly topics: TopicNames;
  readonly metrics: ProcessorMetrics;
  readonly log: Logger;
  readonly now: () => number;
}

type DeadRecord = Pick<KafkaRecord, 'key' | 'value' | 'timestamp' | 'offset'>;

export class Outbox {
  readonly #ports: OutboxPorts;
  readonly #partition: number;
  readonly records: OutgoingRecord[] = [];
  /** Run once the records are committed: what is counted and logged is what happened. */
  readonly #afterCommit: (() => void)[] = [];
  readonly #spans = new SendSpans();

  constructor(ports: OutboxPorts, partition: number) {
    this.#ports = ports;
    this.#partition = partition;
  }

  get hasRoots(): boolean {
    return this.records.some(({ topic }) => topic === this.#ports.topics.roots);
  }

  get isEmpty(): boolean {
    return this.records.length === 0;
  }

  /** Adds what a record of the event topic led to. */
  add(message: KafkaRecord, outputs: readonly Output[]): void {
    for (const output of outputs) {
      if (output.kind === 'root') this.#root(message, output);
      else if (output.kind === 'late') this.#late(message, output);
      else this.#closed(output);
    }
  }

  /** Adds a record that cannot be processed. */
  addDeadLetter(message: DeadRecord, error: AppError): void {
    const { topics, metrics, log } = this.#ports;
    this.records.push(deadLetter(topics.deadLetters, this.#origin(message.offset), message, error, ROLE_NAME));
    this.#afterCommit.push(() => {
      metrics.deadLetters.inc({ code: error.code });
      log.error({ err: error, ...this.#origin(message.offset), ...error.context }, 'record put aside');
    });
  }

  committed(): void {
    this.#spans.sent();
    for (const effect of this.#afterCommit) effect();
  }

  #root(message: KafkaRecord, { root, eventIds }: Output & { kind: 'root' }): void {
    const { codec, topics, metrics, log, now } = this.#ports;
    const record = { topic: topics.roots, key: root.channel, value: codec.encode('RootFinalized', root) };
    const subject = (): Subject => ({
      identity: rootIdentity(root.channel, root.epoch),
      made: { name: 'root', sinceMs: Number(message.timestamp), eventIds },
      attributes: {
        'ao.channel': root.channel,
        'ao.epoch': root.epoch.toString(),
        'ao.root': root.root,
        'ao.claims': root.count,
      },
    });
    this.records.push(this.#spans.add(record, subject));
    this.#afterCommit.push(() => {
      metrics.roots.inc({ recipe: root.recipe });
      metrics.rootDelaySeconds.observe(Math.max(0, now() - Number(message.timestamp)) / 1000);
      log.info(
        {
          ...this.#origin(message.offset),
          channel: root.channel,
          epoch: root.epoch.toString(),
          root: root.root,
          count: root.count,
        },
        'root finalised',
      );
    });
  }

  /** The record itself is at hand unless a watermark proved an event of long ago: then its origin says where it stands. */
  #late(message: KafkaRecord, { eventId, slot, epoch, offset }: Output & { kind: 'late' }): void {
    const isHere = Number(message.offset) === offset;
    const record = isHere ? message : { key: Buffer.from(eventId), value: null, timestamp: message.timestamp };
    const error = new AppError(
      'LATE_EVENT',
      `A claim of epoch ${epoch} came after the epoch's roots: the watermarks that proved the epoch were wrong, or a listener is far behind. Rebuild the root while it is not settled.`,
      { context: { eventId, slot, epoch: epoch.toString() } },
    );
    this.addDeadLetter({ ...record, offset: String(offset) }, error);
    this.#afterCommit.push(() => this.#ports.metrics.lateEvents.inc());
  }

  #closed({ epoch, claims }: Output & { kind: 'closed' }): void {
    const { metrics, log } = this.#ports;
    metrics.closedEpochs.inc();
    log.error(
      { partition: this.#partition, epoch: epoch.toString(), claims },
      'epoch given up unproven: too many gaps in what the listeners proved; backfill them, then replay this group',
    );
  }

  #origin(offset: string): { topic: string; partition: number; offset: string } {
    return { topic: this.#ports.topics.streamEvents, partition: this.#partition, offset };
  }
}
