/** Receives WAL as pg_receivewal does, with a slot of its own: the server keeps what is not archived yet. */

import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { AppError, codeOf, messageOf } from '../../runtime/errors.ts';
import { inTransaction, type Pool } from '../../runtime/postgres/pool.ts';
import { formatLsn, parseLsn } from './lsn.ts';
import { type CopyConnection, copyOut, identify, openReplication } from './replication.ts';
import { WalArchive, type WalState } from './wal-archive.ts';

const SLOT = 'ao_wal';
const FLUSH_MS = 1000;
const SLOT_IN_USE = '55006';
const EXISTS = '42710';
/** Another process that archives has so long to make something safe. */
const OTHER_IDLE_MS = 60_000;

export interface WalSource {
  /** Of the database; the user needs REPLICATION. */
  readonly url: string;
  readonly pool: Pool;
  /** Folder of the backups. */
  readonly backups: string;
}

/** Begins the archive of the server as it is now, or finds it. */
export async function openWalArchive({ url, pool, backups }: WalSource): Promise<WalArchive> {
  return withReplication(url, async (client) => {
    const found = await identify(client);
    const known = WalArchive.find(backups, found);
    await client.query(`CREATE_REPLICATION_SLOT ${SLOT} PHYSICAL RESERVE_WAL`).catch((error: unknown) => {
      if (codeOf(error) !== EXISTS) throw error;
    });
    if (known !== undefined) return known;
    const { rows } = await pool.query<{ bytes: string; restart: string | null }>(
      `select setting as bytes, (select restart_lsn::text from pg_replication_slots where slot_name = '${SLOT}') as restart
       from pg_settings where name = 'wal_segment_size'`,
    );
    const from = parseLsn(rows[0]?.restart ?? found.lsn);
    return WalArchive.begin(backups, found, Number(rows[0]?.bytes), from);
  });
}

/** A position that everything committed so far stands before. */
export async function markWal(pool: Pool): Promise<bigint> {
  await inTransaction(pool, async (client) => {
    await client.query('set local synchronous_commit = on');
    await client.query("select pg_logical_emit_message(true, 'ao backup', '')");
  });
  const { rows } = await pool.query<{ lsn: string }>('select pg_current_wal_flush_lsn()::text as lsn');
  return parseLsn(rows[0]?.lsn ?? '0/0');
}

/** Archives at least what is committed by now; where another process is archiving, waits until it has. */
export async function archiveOnce(source: WalSource, archive: WalArchive): Promise<WalState> {
  const mark = await markWal(source.pool);
  try {
    await receiveWal(source.url, archive, { until: mark });
  } catch (error) {
    if (codeOf(error instanceof AppError ? error.cause : error) !== SLOT_IN_USE) throw error;
    await othersArchive(archive, mark);
  }
  return archive.state;
}

async function othersArchive(archive: WalArchive, mark: bigint): Promise<void> {
  let last = archive.state.endLsn;
  for (let movedMs = Date.now(); parseLsn(archive.refresh().endLsn) < mark; await delay(200)) {
    if (archive.state.endLsn !== last) [last, movedMs] = [archive.state.endLsn, Date.now()];
    if (Date.now() - movedMs > OTHER_IDLE_MS)
      throw new AppError(
        'BACKUP_FAILED',
        `Another process holds the slot ${SLOT} and does not archive into this folder: end it, or give its --dir.`,
      );
  }
}

export interface ReceiveOptions {
  /** Ends once this is archived; without it, never. */
  readonly until?: bigint;
  readonly signal?: AbortSignal;
  readonly onFlush?: (state: WalState) => void;
}

/** @throws AppError BACKUP_FAILED: what is archived by then stays. */
export async function receiveWal(
  url: string,
  archive: WalArchive,
  { until, signal, onFlush }: ReceiveOptions,
): Promise<void> {
  await withReplication(url, async (client) => {
    const line = await identify(client);
    if (line.systemId !== archive.state.systemId || line.timeline !== archive.state.timeline)
      throw new Error('the server was restored or replaced meanwhile: take a new backup');
    const from = archive.resumeLsn;
    const end = Promise.withResolvers<void>();
    let walEnd = 0n;
    let connection: CopyConnection | undefined;
    const flush = (): void => {
      archive.flush();
      connection?.sendCopyFromChunk(statusUpdate(parseLsn(archive.state.endLsn)));
      onFlush?.(archive.state);
      if (until !== undefined && parseLsn(archive.state.endLsn) >= until) end.resolve();
    };
    const take = (message: Buffer, over: CopyConnection): void => {
      connection = over;
      const isWal = message[0] === WAL_DATA;
      walEnd = message.readBigUInt64BE(isWal ? 9 : 1);
      if (isWal) archive.append(message.readBigUInt64BE(1), message.subarray(25));
      if (archive.endLsn >= walEnd) archive.noteCaughtUp(new Date());
      const isDone = until !== undefined && archive.endLsn >= until;
      if (isDone || (!isWal && message[17] === 1)) flush();
    };
    const timer = setInterval(() => {
      try {
        flush();
      } catch (error) {
        end.reject(error);
      }
    }, FLUSH_MS);
    signal?.addEventListener('abort', () => end.resolve(), { once: true });
    const command = `START_REPLICATION SLOT ${SLOT} PHYSICAL ${formatLsn(from)} TIMELINE ${line.timeline}`;
    const copying = copyOut(client, command, take).then(() =>
      Promise.reject(new Error('the server has ended the stream')),
    );
    try {
      await Promise.race([copying, end.promise]);
    } finally {
      clearInterval(timer);
      copying.catch(() => undefined);
      archive.close();
    }
  });
}

/** Gives back what the server keeps for us. @returns false where there was no slot. */
export async function dropSlot(pool: Pool): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '${SLOT}'`,
  );
  return rowCount === 1;
}

const WAL_DATA = 'w'.charCodeAt(0);
/** PostgreSQL counts from there, in microseconds. */
const EPOCH_MS = Date.UTC(2000, 0, 1);

/** What is written, flushed and applied: the slot lets go of what is before it. */
function statusUpdate(lsn: bigint): Buffer {
  const message = Buffer.alloc(34);
  message.write('r', 0, 'latin1');
  for (const at of [1, 9, 17]) message.writeBigUInt64BE(lsn, at);
  message.writeBigInt64BE(BigInt(Date.now() - EPOCH_MS) * 1000n, 25);
  return message;
}

async function withReplication<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  let client: pg.Client | undefined;
  try {
    client = await openReplication(url);
    return await work(client);
  } catch (cause) {
    if (cause instanceof AppError && cause.code !== 'UNEXPECTED') throw cause;
    throw new AppError(
      'BACKUP_FAILED',
      `WAL is not archived: ${messageOf(cause)}. The database user needs REPLICATION, the server wal_level replica and a free max_wal_senders and max_replication_slots. What is archived stays.`,
      { cause },
    );
  } finally {
    await client?.end().catch(() => undefined);
  }
}
