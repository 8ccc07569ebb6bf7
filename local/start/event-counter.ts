/** Counts what stands on the event topic: distinct events, counted claims, and from which roots was claimed. */

import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaClient, KafkaSettings } from '../../runtime/kafka/client.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import type { KafkaRecord } from '../../runtime/kafka/records.ts';
import { followTopic } from '../../runtime/kafka/topic-reader.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import type { Logger } from '../../runtime/logging.ts';
import { retry } from '../../runtime/retry.ts';
import { ClaimCounter } from './claim-counter.ts';

/** A stop waits no longer for what is still to be counted. */
const CATCH_UP_MS = 5000;

export interface EventCounter {
  /** Distinct events. */
  readonly events: number;
  /** Distinct claims that count: proven by a record at finalized, or by the source that saw them. */
  readonly claims: number;
  /** Claims that were made with a proof of one of these roots, each `<channel>/<epoch>`. */
  claimsFrom(roots: ReadonlySet<string>): number;
  /** Waits until everything that is on the topic now was counted. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
}

export async function startEventCounter(
  kafka: KafkaClient,
  settings: KafkaSettings,
  log: Logger,
): Promise<EventCounter> {
  const topic = topicNames(settings).streamEvents;
  const codec = await RecordCodec.connect(settings);
  const events = new Set<string>();
  const claims = new ClaimCounter();
  const count = ({ value, offset }: KafkaRecord, partition: number): void => {
    let decoded: ReturnType<RecordCodec['decode']>;
    try {
      decoded = codec.decode(value);
    } catch (error) {
      log.warn({ topic, err: error }, 'an unreadable record is not counted');
      return;
    }
    if (decoded.name === 'StreamEvent') {
      events.add(decoded.value.eventId);
      claims.event(decoded.value, partition, Number(offset));
    } else if (decoded.name === 'SlotWatermark') claims.watermark(decoded.value, partition, Number(offset));
  };

  const stopping = new AbortController();
  const prepared = (values: (Buffer | null)[]): Promise<void> =>
    retry(() => codec.prepare(values), {
      signal: stopping.signal,
      onFailure: (err) => log.warn({ topic, err }, 'the count waits for a schema'),
    });
  const follower = await followTopic({
    kafka,
    topic,
    onRecords: async (records, partition) => {
      await prepared(records.map(({ value }) => value));
      for (const record of records) count(record, partition);
    },
  });
  return {
    get events() {
      return events.size;
    },
    get claims() {
      return claims.counted.size;
    },
    claimsFrom: (roots) => [...claims.counted.values()].filter((root) => roots.has(root)).length,
    catchUp: () => Promise.race([follower.caughtUp(), delay(CATCH_UP_MS, undefined, { ref: false })]),
    async stop() {
      stopping.abort();
      await follower.stop();
    },
  };
}
