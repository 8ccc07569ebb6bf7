import pg from 'pg';

/** A read-only session on the legacy system's database. */
export async function openLegacy(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, options: '-c default_transaction_read_only=on' });
  await client.connect();
  return client;
}
