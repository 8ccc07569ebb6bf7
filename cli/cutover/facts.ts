/** What the gates ask for. What cannot be found out says why, and stops as what is wrong does. */

import { messageOf } from '../../runtime/errors.ts';
import { groupLags } from '../../runtime/kafka/group-lags.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import type { CutoverFacts, Fact, Toward } from '../../transition/core/cutover.ts';
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
  const [parity, lag, health, backups, signed] = await Promise.all([
    asked(() => compareNow(parts)),
    asked(lagOfGroups),
    asked(() => healthOf(plan.gatewayUrl)),
    asked(() => backupFaults(parts)),
    asked(() => signedBy(pool, toward)),
  ]);
  return { parity, lag, health, backups, signedBy: signed };
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

export function lagOfGroups(): Promise<Record<string, number>> {
  return withKafka(async ({ admin, settings }) => {
    const lag: Record<string, number> = {};
    for (const row of await groupLags(admin, Object.values(topicNames(settings)), settings.KAFKA_NAMESPACE)) {
      const group = row.group.slice(settings.KAFKA_NAMESPACE.length);
      lag[group] = (lag[group] ?? 0) + Number(row.lag);
    }
    return lag;
  });
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

/** Whether it is our gateway that answers there: the legacy one speaks no GraphQL. */
export async function isOurGateway(url: string): Promise<boolean> {
  try {
    const response = await fetch(new URL('/graphql', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{__typename}"}',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { data } = (await response.json()) as { data?: { __typename?: string } };
    return data?.__typename === 'Query';
  } catch {
    return false;
  }
}
