/** A schema of its own for a test file. */

import { silentLogger } from '../../../runtime/logging.ts';
import { migrate } from '../../../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../../../runtime/postgres/pool.ts';
import { testStack, uniqueName } from '../../../tests/testing/stack.ts';

export interface TestDatabase {
  readonly pool: Pool;
  readonly schema: string;
  /** Empties every table. */
  clear(): Promise<void>;
  drop(): Promise<void>;
}

export async function createTestDatabase(prefix: string, connections = 6): Promise<TestDatabase> {
  const schema = uniqueName(prefix);
  const settings = {
    DATABASE_URL: testStack().databaseUrl,
    DATABASE_SCHEMA: schema,
    DATABASE_POOL_SIZE: connections,
  };
  const pool = createPool(settings, 'sink-test', silentLogger());
  await migrate(pool, schema, silentLogger());
  return {
    pool,
    schema,
    async clear() {
      await pool.query(
        'truncate roots, claims, epochs, coverage, coverage_gaps, settlement_log, published_roots, publication_sightings, tree_nodes, sink_offsets, refused_events restart identity',
      );
    },
    async drop() {
      await pool.query(`drop schema ${schema} cascade`);
      await pool.end();
    },
  };
}
