/**
 * What happens now, to the subscriptions of this instance. The database says how far each topic is stored, and what stands there:
 * nothing can be missed by an outage, a pause or a restart of anybody, for reading goes on where it stopped.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, messageOf } from '../../runtime/errors.ts';
import type { TopicNames } from '../../runtime/kafka/topics.ts';
import type { Logger } from '../../runtime/logging.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import type { IngestedClaimView, RootView, SettlementStepView } from '../core/views.ts';
import { Feed } from './feed/feed.ts';
import { readEnds } from './feed/read-ends.ts';
import { claimItems, rootItems, settlementItems } from './feed/sources.ts';

export interface LiveFeed {
  readonly roots: Feed<RootView>;
  readonly settlements: Feed<SettlementStepView>;
  readonly claims: Feed<IngestedClaimView>;
  stop(): Promise<void>;
}

export interface LiveFeedOptions {
  readonly pool: Pool;
  readonly topics: TopicNames;
  readonly partitions: number;
  /** How often the database is asked whether there is something new, ms. */
  readonly intervalMs: number;
  readonly log: Logger;
}

/** Between two tries while the database does not answer. */
const RETRY_MS = 500;

export function startLiveFeed({ pool, topics, partitions, intervalMs, log }: LiveFeedOptions): LiveFeed {
  const roots = new Feed(pool, rootItems, partitions, log);
  const settlements = new Feed(pool, settlementItems, partitions, log);
  const claims = new Feed(pool, claimItems, partitions, log);
  const feeds = new Map<string, Pick<Feed<RootView>, 'advance' | 'close'>>([
    [topics.roots, roots],
    [topics.settlements, settlements],
    [topics.streamEvents, claims],
  ]);
  const abort = new AbortController();
  let isFailing = false;

  const look = async (): Promise<void> => {
    const ends = await readEnds(pool, [...feeds.keys()]);
    for (const [topic, feed] of feeds) await feed.advance(ends.get(topic) ?? []);
  };
  const run = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      try {
        await look();
        if (isFailing) log.info('subscriptions go on');
        isFailing = false;
      } catch (error) {
        if (!isFailing)
          log.warn({ code: codeOf(error), reason: messageOf(error) }, 'subscriptions wait for the database');
        isFailing = true;
      }
      await delay(isFailing ? RETRY_MS : intervalMs, undefined, { signal: abort.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    roots,
    settlements,
    claims,
    async stop() {
      for (const feed of feeds.values()) feed.close();
      abort.abort();
      await running;
    },
  };
}
