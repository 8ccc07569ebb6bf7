import type { Pool } from '../../../runtime/postgres/pool.ts';

/** Of the chain that the rows are of, base58; null while no listener has said it. */
export async function readGenesisHash(pool: Pool): Promise<string | null> {
  const { rows } = await pool.query<{ genesis_hash: string }>('select genesis_hash from deployment');
  return rows[0]?.genesis_hash ?? null;
}
