/** A session by PostgreSQL's replication protocol. */

import pg from 'pg';
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

export async function openReplication(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, ...({ replication: 'true' } as object) });
  client.on('error', () => undefined);
  await client.connect();
  return client;
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
