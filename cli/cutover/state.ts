/** Where the cut-over stands, in our database: what is written here is done. */

import { AppError } from '../../runtime/errors.ts';
import { type Client, inTransaction, type Pool } from '../../runtime/postgres/pool.ts';
import { type CutoverState, phaseAfter, refusal, type Toward } from '../../transition/core/cutover.ts';

export interface LogEntry {
  readonly at: Date;
  readonly toward: Toward;
  readonly kind: 'gate' | 'step' | 'sign-off' | 'held';
  readonly name: string;
  readonly who: string | null;
  readonly detail: string;
}

export type NewEntry = Omit<LogEntry, 'at' | 'who'> & { readonly who?: string };

const STATE = 'select phase, toward, step, gateway from cutover';

/** @throws AppError OPTION_INVALID where the schema is older than cut-overs. */
export async function readState(pool: Pool): Promise<CutoverState> {
  try {
    const { rows } = await pool.query<CutoverState>(STATE);
    if (rows[0] !== undefined) return rows[0];
  } catch (error) {
    if ((error as { code?: string }).code !== '42P01') throw error;
  }
  throw new AppError('OPTION_INVALID', 'The database has no cut-over: run `ao migrate` first.');
}

export async function readLog(pool: Pool): Promise<LogEntry[]> {
  const { rows } = await pool.query<LogEntry>(
    'select at, toward, kind, name, who, detail from cutover_log order by id',
  );
  return rows;
}

export async function append(pool: Pool | Client, { toward, kind, name, who, detail }: NewEntry): Promise<void> {
  await pool.query('insert into cutover_log (toward, kind, name, who, detail) values ($1, $2, $3, $4, $5)', [
    ...[toward, kind, name, who ?? null, detail],
  ]);
}

/** Who has signed for a phase since the last way ended. */
export async function signedBy(pool: Pool, toward: Toward): Promise<string | null> {
  const { rows } = await pool.query<{ who: string }>(
    `select who from cutover_log where kind = 'sign-off' and toward = $1
     and id > coalesce((select max(id) from cutover_log where kind = 'step' and name = 'done'), 0) order by id desc limit 1`,
    [toward],
  );
  return rows[0]?.who ?? null;
}

/** Begins a way, or goes on with it. @throws AppError CUTOVER_HELD where it cannot be gone from here. */
export async function setOut(pool: Pool, toward: Toward): Promise<CutoverState> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<CutoverState>(`${STATE} for update`);
    const [state] = rows;
    if (state === undefined) throw new AppError('UNEXPECTED', 'The cut-over has no row.');
    const why = refusal(state, toward);
    if (why !== undefined) throw new AppError('CUTOVER_HELD', why);
    if (state.toward === toward) return state;
    // From here on two systems could publish: until it is said otherwise, the legacy one does.
    await client.query(
      "update cutover set toward = $1, step = null, publisher = coalesce(publisher, 'legacy'), changed_at = default",
      [toward],
    );
    return { ...state, toward, step: null };
  });
}

export async function noteStep(pool: Pool, toward: Toward, step: string, detail: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('update cutover set step = $1, changed_at = default', [step]);
    await append(client, { toward, kind: 'step', name: step, detail });
  });
}

export async function arrive(pool: Pool, toward: Toward): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('update cutover set phase = $1, toward = null, step = null, changed_at = default', [
      phaseAfter(toward),
    ]);
    await append(client, { toward, kind: 'step', name: 'done', detail: `phase ${phaseAfter(toward)}` });
  });
}

/**
 * Takes over where a cut-over stands in a former schema of this database, with its log.
 * @throws AppError OPTION_INVALID where there is none; CUTOVER_HELD where one was begun here.
 */
export async function adoptState(pool: Pool, from: string): Promise<CutoverState> {
  return inTransaction(pool, async (client) => {
    const former = client.escapeIdentifier(from);
    const { rows: found } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
      `${former}.cutover_log`,
    ]);
    if (found[0]?.there !== true)
      throw new AppError(
        'OPTION_INVALID',
        `Schema ${from} has no cut-over: name the one that the roles worked on before.`,
      );
    const { rows: begun } = await client.query(
      'select from cutover where phase > 0 or toward is not null or exists (select from cutover_log) for update',
    );
    if (begun.length > 0) throw new AppError('CUTOVER_HELD', 'A cut-over was begun in this schema: it stays as it is.');
    await client.query(
      `update cutover c set (phase, toward, step, gateway, publisher, changed_at) =
         (select phase, toward, step, gateway, publisher, changed_at from ${former}.cutover)`,
    );
    await client.query(
      `insert into cutover_log (at, toward, kind, name, who, detail)
       select at, toward, kind, name, who, detail from ${former}.cutover_log order by id`,
    );
    const { rows } = await client.query<CutoverState>(STATE);
    return rows[0] as CutoverState;
  });
}

/** The new gateways see it within a fraction of a second. */
export async function giveGateway(pool: Pool, to: CutoverState['gateway']): Promise<void> {
  await pool.query('update cutover set gateway = $1, changed_at = default', [to]);
}

/** A settlement worker that follows the cut-over goes by it at its next look. */
export async function givePublishing(pool: Pool, to: 'legacy' | 'new'): Promise<void> {
  await pool.query('update cutover set publisher = $1, changed_at = default', [to]);
}

/** Nobody else steps meanwhile. @throws AppError CUTOVER_HELD */
export async function alone<T>(pool: Pool, schema: string, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    // A transaction's lock: behind a pooler a session's would stay with whoever gets the session next.
    await client.query('begin; set local idle_in_transaction_session_timeout = 0');
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_xact_lock(hashtext($1)) as mine', [
      `attention-oracle cutover of ${schema}`,
    ]);
    if (rows[0]?.mine !== true)
      throw new AppError('CUTOVER_HELD', 'Another `ao cutover` is at work: wait until it has ended.');
    return await work();
  } finally {
    // The end of the transaction, whatever has become of the connection meanwhile.
    await client.query('rollback').catch(() => undefined);
    client.release(true);
  }
}
