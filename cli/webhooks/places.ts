/** Where an endpoint is to go on. */

import { AppError } from '../../runtime/errors.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { parseCursor } from '../../sinks/webhooks/core/cursor.ts';
import type { Place } from '../../sinks/webhooks/io/replay-request.ts';
import type { KafkaSession } from '../kafka/session.ts';

export interface ReplayTarget {
  readonly toBeginning?: boolean;
  /** ISO 8601. */
  readonly toTime?: string;
  readonly from?: readonly string[];
}

/** @throws AppError ARGUMENT_INVALID */
export async function replayPlaces({ admin, settings }: KafkaSession, target: ReplayTarget): Promise<Place[]> {
  const names = topicNames(settings);
  if (target.from !== undefined) {
    return target.from.map((text) => {
      const { topic, partition, offset } = parseCursor(text);
      return { topic: names[topic], partition, offset: offset + 1n };
    });
  }
  const places = await Promise.all(
    [names.roots, names.settlements].map(async (topic) => {
      const offsets = await wholeTopic(admin, topic, target);
      return [...offsets].map(([partition, offset]) => ({ topic, partition, offset }));
    }),
  );
  return places.flat().sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
}

async function wholeTopic(
  admin: KafkaSession['admin'],
  topic: string,
  { toBeginning, toTime }: ReplayTarget,
): Promise<ReadonlyMap<number, bigint>> {
  if (toBeginning === true)
    return new Map([...(await admin.bounds(topic))].map(([partition, { low }]) => [partition, low]));
  const ms = Date.parse(toTime ?? '');
  if (!Number.isNaN(ms)) return await admin.offsetsAt(topic, ms);
  throw new AppError(
    'ARGUMENT_INVALID',
    'Say from where: --to-beginning, --to-time with an instant such as 2026-01-31T12:00:00Z, or --from with the cursor of a message.',
  );
}
