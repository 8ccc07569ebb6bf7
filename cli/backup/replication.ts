/** A session by PostgreSQL's replication protocol. */

import pg from 'pg';
import { AppError, messageOf } from '../../runtime/errors.ts';
import type { WalLine } from './lsn.ts';

interface CopyData {
  readonly chunk: Buffer;
}

/** What of a session's connection is used while an answer is copied out. */
export interface CopyConnection {
  readonly stream: { pause(): void; resume(): void };
  sendCopyFromChunk(chunk: Buffer): void;
}

/** What of node-postgres carries the stream: a query whose answer is copied out. */
interface StreamingQuery {
  handleCopyData(message: CopyData, connection: CopyConnection): void;
}

/** @throws AppError BACKUP_FAILED where something stands before the server that knows no replication. */
export async function openReplication(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, ...({ replication: 'true' } as object) });
  client.on('error', () => undefined);
  await client.connect().catch(explain);
  return client;
}

/** A server takes the parameter; PgBouncer names it, or says that it knows no replication. */
function explain(cause: unknown): never {
  if (
    !/unsupported startup parameter|replication connections? (is|are) not (supported|allowed)/i.test(messageOf(cause))
  )
    throw cause;
  throw new AppError(
    'BACKUP_FAILED',
    `A backup and its WAL are read by the replication protocol, which a pooler does not pass on (${messageOf(cause)}). Let DATABASE_URL of this command name the server itself.`,
    { cause },
  );
}

/** Which server it is, and which of its lives. */
export async function identify(client: pg.Client): Promise<WalLine & { readonly lsn: string }> {
  const { rows } = await client.query<{ systemid: string; timeline: number; xlogpos: string }>('IDENTIFY_SYSTEM');
  const { systemid = '', timeline = 0, xlogpos = '0/0' } = rows[0] ?? {};
  return { systemId: String(systemid), timeline: Number(timeline), lsn: xlogpos };
}

/** Sends a command whose answer is copied out. @param onData Gets each message; `fail` ends the copy. */
export function copyOut(
  client: pg.Client,
  command: string,
  onData: (chunk: Buffer, connection: CopyConnection) => void,
  fail?: (reject: (error: Error) => void) => void,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const query = new pg.Query(command);
    (query as unknown as StreamingQuery).handleCopyData = ({ chunk }, connection) => {
      try {
        onData(chunk, connection);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    query.on('error', reject);
    query.on('end', () => resolve());
    // A session that is cut off ends without a word to the query.
    client.once('end', () => reject(new Error('the server has ended the session')));
    fail?.(reject);
    client.query(query);
  });
}
