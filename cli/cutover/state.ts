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
    await client.query('update cutover set toward = $1, step = null, changed_at = default', [toward]);
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

/** The new gateways see it within a fraction of a second. */
export async function giveGateway(pool: Pool, to: CutoverState['gateway']): Promise<void> {
  await pool.query('update cutover set gateway = $1, changed_at = default', [to]);
}

/** Nobody else steps meanwhile. @throws AppError CUTOVER_HELD */
export async function alone<T>(pool: Pool, schema: string, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock(hashtext($1)) as mine', [
      `attention-oracle cutover of ${schema}`,
    ]);
    if (rows[0]?.mine !== true)
      throw new AppError('CUTOVER_HELD', 'Another `ao cutover` is at work: wait until it has ended.');
    return await work();
  } finally {
    // The lock is the session's.
    client.release(true);
  }
}
