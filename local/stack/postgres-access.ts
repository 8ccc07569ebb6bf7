import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { codeOf } from '../../runtime/errors.ts';

/** The one user of a database of ours. */
export const databaseUser = 'postgres';

/** The database that the platform uses in a server of ours. */
export const databaseName = 'attention_oracle';

const noSuchDatabase = '3D000';

/** The password of this data folder: made once, random, readable for its owner only. */
export function passwordOf(dir: string): string {
  const file = join(dir, 'password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Says whether the server behind these URLs takes our password, which no other server knows, and has the database; makes
 * the database where it is missing. Rejects while the server is not there.
 */
export async function databaseAnswers(urlOf: (database: string) => string): Promise<boolean> {
  try {
    await query(urlOf(databaseName), 'select 1');
  } catch (error) {
    if (codeOf(error) !== noSuchDatabase) throw error;
    await query(urlOf('postgres'), `create database ${databaseName}`);
  }
  return true;
}
