/** GET /health: status, database, queue, program. */

import type { Pool } from '../../runtime/postgres/pool.ts';

export interface Health {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly database: boolean;
  readonly queue: boolean;
  readonly program: boolean;
  readonly stale: boolean;
}

export interface HealthProbe {
  check(): Promise<Health>;
  /** Of the newest check; false before the first. */
  readonly database: boolean;
}

export interface HealthProbeOptions {
  readonly pool: Pool;
  readonly isQueueUp: () => boolean;
  readonly rpcUrl: string | undefined;
  readonly programId: string;
}

const TIMEOUT_MS = 2000;
/** Health is asked for often, by load balancers too; the parts are asked at most this often. */
const REMEMBER_MS = 1000;

export function healthProbe({ pool, isQueueUp, rpcUrl, programId }: HealthProbeOptions): HealthProbe {
  let checked: { atMs: number; health: Promise<Health> } | undefined;
  let database = false;
  const check = async (): Promise<Health> => {
    const [databaseUp, program] = await Promise.all([isDatabaseUp(pool), isProgramThere(rpcUrl, programId)]);
    database = databaseUp;
    const queue = isQueueUp();
    const status = databaseUp && queue && program ? 'ok' : databaseUp || queue ? 'degraded' : 'down';
    return { status, database, queue, program, stale: !databaseUp };
  };
  return {
    get database() {
      return database;
    },
    check() {
      if (checked === undefined || Date.now() - checked.atMs > REMEMBER_MS)
        checked = { atMs: Date.now(), health: check() };
      return checked.health;
    },
  };
}

async function isDatabaseUp(pool: Pool): Promise<boolean> {
  const timeout = new Promise<false>((resolve) => setTimeout(() => resolve(false), TIMEOUT_MS).unref());
  const asked = pool.query('select 1 from roots limit 1').then(
    () => true,
    () => false,
  );
  return Promise.race([asked, timeout]);
}

/** Whether the chain answers and knows the program's account. A chain without it (a bare history) answers null: still up. */
async function isProgramThere(rpcUrl: string | undefined, programId: string): Promise<boolean> {
  if (rpcUrl === undefined) return true;
  try {
    const response = await fetch(rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'getSignaturesForAddress',
        params: [programId, { limit: 1 }],
      }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return Array.isArray(((await response.json()) as { result?: unknown }).result);
  } catch {
    return false;
  }
}
