/** Counts what stands on the event topic: distinct events, counted claims, and from which roots was claimed. */

import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaClient, KafkaSettings } from '../../runtime/kafka/client.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { followTopic } from '../../runtime/kafka/topic-reader.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import type { Logger } from '../../runtime/logging.ts';
import { retry } from '../../runtime/retry.ts';

/** A stop waits no longer for what is still to be counted. */
const CATCH_UP_MS = 5000;

export interface EventCounter {
  /** Distinct events. */
  readonly events: number;
  /** Distinct claims that succeeded and were not retracted. */
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
  const claims = new Map<string, string>();
  const final = new Set<string>();
  const count = (value: Buffer | null): void => {
    let decoded: ReturnType<RecordCodec['decode']>;
    try {
      decoded = codec.decode(value);
    } catch (error) {
      log.warn({ topic, err: error }, 'an unreadable record is not counted');
      return;
    }
    if (decoded.name !== 'StreamEvent') return;
    const event = decoded.value;
    events.add(event.eventId);
    if (!event.succeeded || event.instruction.action !== 'claim') return;
    if (event.commitment === 'finalized') final.add(event.eventId);
    if (event.retracted && !final.has(event.eventId)) claims.delete(event.eventId);
    else claims.set(event.eventId, `${event.channel}/${event.instruction.data.epoch}`);
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
    onRecords: async (records) => {
      await prepared(records.map(({ value }) => value));
      for (const { value } of records) count(value);
    },
  });
  return {
    get events() {
      return events.size;
    },
    get claims() {
      return claims.size;
    },
    claimsFrom: (roots) => [...claims.values()].filter((root) => roots.has(root)).length,
    catchUp: () => Promise.race([follower.caughtUp(), delay(CATCH_UP_MS, undefined, { ref: false })]),
    async stop() {
      stopping.abort();
      await follower.stop();
    },
  };
}
