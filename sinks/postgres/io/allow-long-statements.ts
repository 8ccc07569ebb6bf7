import { allowStatements, type Client } from '../../../runtime/postgres/pool.ts';

const LONGEST_MS = 15 * 60_000;

/**
 * Lifts the pool's limit for statements until the transaction ends: one watermark may prove a million rows, and a batch that
 * always ran out of time would never be taken in.
 */
export async function allowLongStatements(client: Client): Promise<void> {
  await allowStatements(client, LONGEST_MS);
}
