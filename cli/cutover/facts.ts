/** What the gates ask for. What cannot be found out says why, and stops as what is wrong does. */

import { messageOf } from '../../runtime/errors.ts';
import { groupLags } from '../../runtime/kafka/group-lags.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import { type CutoverFacts, type Fact, PUSHING_GROUP, type Toward } from '../../transition/core/cutover.ts';
import type { ParityRow } from '../../transition/core/parity.ts';
import { compareWithLegacy } from '../../transition/io/compare.ts';
import { openLegacy } from '../../transition/io/legacy-connection.ts';
import { readLegacyTables } from '../../transition/io/legacy-tables.ts';
import { Catalogue } from '../backup/catalogue.ts';
import { judgeBackups } from '../backup/judge.ts';
import { currentWal } from '../backup/take.ts';
import { withKafka } from '../kafka/session.ts';
import type { CutoverPlan } from './plan.ts';
import { signedBy } from './state.ts';

const TIMEOUT_MS = 5000;

export interface CutoverParts {
  readonly pool: Pool;
  readonly databaseUrl: string;
  readonly schema: string;
  readonly plan: CutoverPlan;
}

export async function findFacts(parts: CutoverParts, toward: Toward): Promise<CutoverFacts> {
  const { pool, plan } = parts;
  const [parity, publishers, lag, health, backups, signed] = await Promise.all([
    asked(() => compareNow(parts)),
    asked(() => publishersOf(plan.settlementUrls)),
    asked(lagOfGroups),
    asked(() => healthOf(plan.gatewayUrl)),
    asked(() => backupFaults(parts)),
    asked(() => signedBy(pool, toward)),
  ]);
  return { parity, publishers, lag, health, backups, signedBy: signed };
}

async function asked<T>(ask: () => Promise<T>): Promise<Fact<T>> {
  try {
    return { value: await ask() };
  } catch (error) {
    return { unknown: messageOf(error) };
  }
}

export async function compareNow({ pool, plan }: CutoverParts): Promise<ParityRow[]> {
  const since = BigInt(plan.sinceEpoch);
  const client = await openLegacy(plan.legacy.database);
  const legacy = await readLegacyTables(client, plan.legacy.schema, since).finally(() => client.end());
  return compareWithLegacy(pool, legacy, since);
}

function lagOfGroups(): Promise<Record<string, number>> {
  return withKafka(async ({ admin, settings }) => {
    const lag: Record<string, number> = {};
    for (const row of await groupLags(admin, Object.values(topicNames(settings)), settings.KAFKA_NAMESPACE)) {
      const group = row.group.slice(settings.KAFKA_NAMESPACE.length);
      lag[group] = (lag[group] ?? 0) + Number(row.lag);
    }
    return lag;
  });
}

/** Offsets behind the last record of each partition. */
export type Ends = ReadonlyMap<number, bigint>;

/** Where the topic of events ends now. */
export function endsOfEvents(): Promise<Ends> {
  return withKafka(async ({ admin, settings }) => {
    const bounds = await admin.bounds(topicNames(settings).streamEvents);
    return new Map([...bounds].map(([partition, { high }]) => [partition, high]));
  });
}

/** @returns how many records before those ends `ao webhook` has not pushed; undefined where it has never pushed. */
export function unpushedBefore(ends: Ends): Promise<number | undefined> {
  return withKafka(async ({ admin, settings }) => {
    const topic = topicNames(settings).streamEvents;
    const committed = (await admin.committed(`${settings.KAFKA_NAMESPACE}${PUSHING_GROUP}`, [topic])).get(topic);
    if (committed === undefined) return undefined;
    const lows = await admin.bounds(topic);
    return [...ends].reduce((sum, [partition, end]) => {
      const next = committed.get(partition)?.offset ?? lows.get(partition)?.low ?? 0n;
      return next < end ? sum + Number(end - next) : sum;
    }, 0);
  });
}

/** Those of our settlement workers that publish whatever the cut-over says. @throws Error where one does not tell. */
async function publishersOf(urls: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    urls.map(async (url) => {
      const response = await fetch(new URL('/metrics', url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const value = /^ao_settlement_publishes_always(?:{.*})? (\d)$/m.exec(await response.text())?.[1];
      if (value === undefined)
        throw new Error(`${url} does not say whether it publishes: name settlementUrls in the plan`);
      return value === '0' ? [] : [url];
    }),
  );
  return found.flat();
}

async function healthOf(gatewayUrl: string): Promise<Record<string, unknown>> {
  const response = await fetch(new URL('/health', gatewayUrl), { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const parts = (await response.json()) as Record<string, unknown>;
  return Object.fromEntries(
    ['status', 'database', 'queue', 'program'].map((name) => [
      name,
      parts[name] === true ? 'ok' : (parts[name] ?? 'not told'),
    ]),
  );
}

async function backupFaults({ databaseUrl, plan: { backups } }: CutoverParts): Promise<readonly string[]> {
  const archive = await currentWal(databaseUrl, backups.dir);
  const limits = { rpoSeconds: backups.rpoSeconds, backupHours: backups.hours };
  return judgeBackups(new Catalogue(backups.dir).list(), archive?.state, limits, Date.now()).faults;
}

/** Whose gateway answers there: the legacy one speaks no GraphQL. What fails is nobody's answer. */
export async function whoAnswers(url: string): Promise<'ours' | 'other' | 'nobody'> {
  let text: string;
  try {
    const response = await fetch(new URL('/graphql', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{__typename}"}',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch {
    return 'nobody';
  }
  try {
    const { data } = JSON.parse(text) as { data?: { __typename?: string } };
    return data?.__typename === 'Query' ? 'ours' : 'other';
  } catch {
    return 'other';
  }
}
