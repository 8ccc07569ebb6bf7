/** How many records each consumer group has still to read, as Kafka knows it. */

import { messageOf } from '../../runtime/errors.ts';
import { withAdmin } from '../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import { groupLags, type PartitionLag } from '../../runtime/kafka/group-lags.ts';
import type { RoleLag } from '../schema-types.generated.ts';
import type { Known } from './chain/chain-reader.ts';

export type RoleLags = () => Promise<Known<Omit<RoleLag, '__typename'>[]>>;

export interface RoleLagsOptions {
  readonly kafka: KafkaClient;
  readonly topics: readonly string[];
  readonly isQueueUp: () => boolean;
}

/** Many may ask; Kafka is asked at most so often. */
const KEEP_MS = 2000;
const ANSWER_WITHIN_MS = 2000;

/** Never throws; answers in time, whoever is away. */
export function roleLags({ kafka, topics, isQueueUp }: RoleLagsOptions): RoleLags {
  let asked: { readonly atMs: number; readonly lags: ReturnType<RoleLags> } | undefined;
  const prefix = kafka.settings.KAFKA_NAMESPACE;
  const ask: RoleLags = async () => {
    if (!isQueueUp()) return away('Kafka does not answer; ask again.');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${ANSWER_WITHIN_MS} ms`)), ANSWER_WITHIN_MS);
    });
    const lags = withAdmin(kafka, (admin) => groupLags(admin, topics, prefix));
    lags.catch(() => undefined);
    try {
      return { value: byGroup(await Promise.race([lags, late]), prefix) };
    } catch (error) {
      return away(`Kafka does not tell the groups' offsets; ask again. ${messageOf(error)}`);
    } finally {
      clearTimeout(timer);
    }
  };
  return () => {
    if (asked === undefined || Date.now() - asked.atMs > KEEP_MS) asked = { atMs: Date.now(), lags: ask() };
    return asked.lags;
  };
}

const away = (unknown: string): Known<never> => ({ value: null, unknown });

/** A partition of which nothing is committed may have all of its records left, or none: unknown, not a number. */
function byGroup(lags: readonly PartitionLag[], prefix: string): Omit<RoleLag, '__typename'>[] {
  const groups = Map.groupBy(lags, ({ group, topic }) => JSON.stringify([group, topic]));
  return [...groups.values()].flatMap((parts) => {
    const [first] = parts;
    if (first === undefined) return [];
    const open = parts
      .filter(({ committed, end }) => committed === undefined && end > 0n)
      .map(({ partition }) => partition);
    return {
      group: first.group.slice(prefix.length),
      topic: first.topic,
      recordsBehind: open.length > 0 ? null : parts.reduce((sum, { lag }) => sum + lag, 0n),
      unknown: open.length > 0 ? `Nothing is committed yet in partition ${open.join(', ')}.` : null,
    };
  });
}
