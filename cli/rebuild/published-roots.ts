import pg from 'pg';
import type { Pool } from '../../runtime/postgres/pool.ts';
import { keyOfRoot } from './plan.ts';

/** States of the ledger after which a root is on chain, or may be. */
const MAYBE_ON_CHAIN = ['PENDING', 'CONFIRMED', 'FINALIZED', 'ALREADY_SETTLED', 'CONFLICT'];

/** Keys of the roots that are on chain or may be, by what any of the schemas has seen or sent. */
export async function publishedRoots(pool: Pool, schemas: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const schema of schemas.map((name) => pg.escapeIdentifier(name))) {
    const { rows } = await pool.query<{ channel: string; epoch: string }>(
      `select channel, epoch::text from ${schema}.published_roots where status <> 'retracted'
       union select channel, epoch::text from ${schema}.settlement_log where ledger_status = any($1)
       union select channel, epoch::text from ${schema}.settlement_promises
       union select channel, epoch::text from ${schema}.roots where status = 'settled'`,
      [MAYBE_ON_CHAIN],
    );
    for (const { channel, epoch } of rows) found.add(keyOfRoot(channel, epoch));
  }
  return found;
}
