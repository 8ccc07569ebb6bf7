/** The event and cursor topics in memory: partitions, offsets, transactions, fencing, transactions with unknown outcome. */

import { eventKey } from '../../producers/listener/core/emission/stream-events.ts';
import type { BaseOffsets, DeadLetter, EventLog, LogRecord, OwnRecord } from '../../producers/listener/core/ports.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Cursor, SlotWatermark, StreamEvent } from '../../schemas/records.ts';
import type { SeededRandom } from '../random.ts';
import type { FaultCounts } from './fault-plan.ts';
import type { SimulatedClock } from './simulated-clock.ts';

export const PARTITIONS = 3;

export type TopicContent =
  | { readonly kind: 'event'; readonly event: StreamEvent }
  | { readonly kind: 'watermark'; readonly watermark: SlotWatermark };

export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  readonly content: TopicContent;
}

export interface SimulatedTopicOptions {
  readonly clock: SimulatedClock;
  readonly random: SeededRandom;
  readonly counts: FaultCounts;
  readonly failureShare: number;
  readonly calmAfterMs: number;
}

export class SimulatedTopic {
  readonly #options: SimulatedTopicOptions;
  readonly records: TopicRecord[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly #cursors = new Map<string, Cursor>();
  readonly #nextOffsets = Array.from({ length: PARTITIONS }, () => 0);
  /** Listener to the number of its owners so far. */
  readonly #owners = new Map<string, number>();

  constructor(options: SimulatedTopicOptions) {
    this.#options = options;
  }

  endOffsets(): { partition: number; offset: number }[] {
    return this.#nextOffsets.map((offset, partition) => ({ partition, offset }));
  }

  cursor(listener: string): Cursor | undefined {
    return this.#cursors.get(listener);
  }

  /** A listener's own records at and after its cursor's resume offsets. */
  ownRecords(listener: string, cursor: Cursor): OwnRecord[] {
    const from = new Map(cursor.resumeOffsets.map(({ partition, offset }) => [partition, offset]));
    return this.records.filter(
      ({ partition, offset, content }) =>
        offset >= (from.get(partition) ?? 0) &&
        (content.kind === 'event' ? content.event.source : content.watermark.source) === listener,
    );
  }

  /** Takes the listener's transactional id over; older owners are fenced. */
  own(listener: string, signal: AbortSignal): EventLog {
    const owner = (this.#owners.get(listener) ?? 0) + 1;
    this.#owners.set(listener, owner);
    let broken = false;
    return {
      commit: async (records) => {
        const { clock, random, counts, failureShare, calmAfterMs } = this.#options;
        await clock.sleep(random.between(3, 15), signal);
        if (this.#owners.get(listener) !== owner) throw new AppError('PRODUCER_FENCED', 'Another owner writes.');
        if (broken) throw failed();
        if (clock.nowMs() >= calmAfterMs || !random.chance(failureShare)) return this.#append(records);
        broken = true;
        const landed = random.chance(0.5);
        counts.add(landed ? 'transactionUnknown' : 'transactionFailed');
        if (landed) this.#append(records);
        throw failed();
      },
    };
  }

  #append(records: readonly LogRecord[]): BaseOffsets {
    const offsets = new Map<number, number>();
    const add = (partition: number, content: TopicContent): void => {
      const offset = this.#nextOffsets[partition] as number;
      this.#nextOffsets[partition] = offset + 1;
      if (!offsets.has(partition)) offsets.set(partition, offset);
      this.records.push({ partition, offset, content });
    };
    for (const record of records) {
      if (record.kind === 'event') add(partitionOf(eventKey(record.event, '')), record);
      else if (record.kind === 'cursor') this.#cursors.set(record.cursor.listener, record.cursor);
      else if (record.kind === 'deadLetter') this.deadLetters.push(record.letter);
      else for (let partition = 0; partition < PARTITIONS; partition += 1) add(partition, record);
    }
    // The transaction's marker takes an offset too.
    for (const partition of offsets.keys()) this.#nextOffsets[partition] = (this.#nextOffsets[partition] as number) + 1;
    return offsets;
  }
}

/** The partition of a record's key. */
export function partitionOf(key: string): number {
  let hash = 0;
  for (const character of key) hash = (hash * 31 + character.charCodeAt(0)) % 65_521;
  return hash % PARTITIONS;
}

function failed(): AppError {
  return new AppError('TRANSACTION_FAILED', 'The simulated transaction fails.', { retryable: true });
}
