/** What the comment of a schema says of it: that a rebuild made it, or that it was the living one. Goes with the schema when it is renamed. */

import pg from 'pg';
import { z } from 'zod';
import type { Client, Pool } from '../../runtime/postgres/pool.ts';

const noteForm = z.strictObject({
  /** Name of the rebuild, and of its schema while it is beside the living one. */
  rebuild: z.string(),
  /** Name of the living schema. */
  living: z.string(),
  /** `beside`: of a rebuild; `kept`: the living one before a swap; `taken back`: of a rebuild, after it was the living one. */
  state: z.enum(['beside', 'kept', 'taken back']),
  /** Of the living topics when the rebuild was made. */
  namespace: z.string(),
  /** What the swap took over; null before it. */
  form: z.enum(['tables', 'topics']).nullable(),
  /** By topic as declared and partition, the offset behind what was copied; null until the copy is whole. */
  copied: z.record(z.string(), z.record(z.string(), z.int())).nullable(),
});
export type SchemaNote = z.output<typeof noteForm>;

/** The former living schema, while it is kept. */
export const keptName = (living: string): string => `${living.slice(0, 56)}_before`;

/** @returns undefined where there is no such schema, or no rebuild made it. */
export async function readNote(pool: Pick<Pool, 'query'>, schema: string): Promise<SchemaNote | undefined> {
  const { rows } = await pool.query<{ note: string | null }>(
    `select obj_description(oid, 'pg_namespace') as note from pg_namespace where nspname = $1`,
    [schema],
  );
  try {
    return noteForm.safeParse(JSON.parse(rows[0]?.note ?? '')).data;
  } catch {
    return undefined;
  }
}

export async function writeNote(client: Pick<Client, 'query'>, schema: string, note: SchemaNote): Promise<void> {
  await client.query(`comment on schema ${pg.escapeIdentifier(schema)} is ${pg.escapeLiteral(JSON.stringify(note))}`);
}
