/** Processor and sink beside the living ones, over a copy of the topics: made, run, and taken away. */

import pg from 'pg';
import type { Rules } from '../../processors/epoch-roots/core/rules.ts';
import { AppError } from '../../runtime/errors.ts';
import { withAdmin } from '../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { inTransaction } from '../../runtime/postgres/pool.ts';
import { type SchemaNote, writeNote } from './note.ts';
import type { Places } from './places.ts';
import { copyTopics, type Ends, runSide, type SideProgress, TAKEN_IN } from './side.ts';

/** Between two lines of progress, ms. */
const SAY_EVERY_MS = 5000;

/**
 * Makes the side whole. Its schema is there first, and its note with it: whatever ends this, `ao rebuild drop` finds what to take away.
 * @returns the offset behind the last event of each partition of the copy.
 * @throws AppError ROLE_HOPELESS; ROOT_CONFLICT
 */
export async function makeSide(places: Places, rules: Rules): Promise<Ends> {
  const { name, livingSchema: livingName, living, side, pool, env } = places;
  const note: SchemaNote = {
    ...{ rebuild: name, living: livingName, state: 'beside', form: null, copied: null },
    namespace: living.settings.KAFKA_NAMESPACE,
  };
  await inTransaction(pool, async (client) => {
    await client.query(`create schema ${pg.escapeIdentifier(name)}`);
    await writeNote(client, name, note);
  });
  const { copied, ends } = await copyTopics({ living, side, rules }, TAKEN_IN, progressLines('copied'));
  await migrate(pool, name, silentLogger());
  await runSide({ kafka: side, pool, env, ends }, progressLines('taken in'));
  await writeNote(pool, name, { ...note, copied });
  return ends.get('streamEvents') ?? new Map<number, number>();
}

/** @throws AppError ARGUMENT_INVALID where something goes by the name: it may be another deployment. */
export async function refuseUsed({ name, pool, side, admin }: Places): Promise<void> {
  const { rows } = await pool.query('select from pg_namespace where nspname = $1', [name]);
  const isThere = [...(await admin.topics())].some((topic) => topic.startsWith(side.settings.KAFKA_NAMESPACE));
  if (rows.length === 0 && !isThere) return;
  throw new AppError(
    'ARGUMENT_INVALID',
    `${rows.length > 0 ? `Schema ${name}` : `A topic of namespace ${name}.`} is there already: take it away if it is of a rebuild (\`ao rebuild drop --name ${name}\`), or give another --name.`,
  );
}

function progressLines(what: string): (progress: SideProgress) => void {
  const startedMs = Date.now();
  let saidMs = startedMs;
  return ({ done, total }) => {
    const nowMs = Date.now();
    if (nowMs - saidMs < SAY_EVERY_MS) return;
    saidMs = nowMs;
    const left =
      done === 0
        ? 'time left not known yet'
        : `about ${Math.ceil((((nowMs - startedMs) / done) * (total - done)) / 1000)} s left`;
    process.stderr.write(`ao: ${Math.floor((100 * done) / Math.max(1, total))} % ${what}, ${left}\n`);
  };
}

/** Topics and groups of a namespace that a rebuild made. Its subjects stay in the registry. */
export async function dropTopics(side: KafkaClient): Promise<void> {
  await withAdmin(side, async (admin) => {
    const there = await admin.topics();
    const ours = Object.values(topicNames(side.settings)).filter((topic) => there.has(topic));
    if (ours.length > 0) await admin.deleteTopics(ours);
    for (const group of await admin.groups(side.settings.KAFKA_NAMESPACE)) await admin.deleteGroup(group);
  });
}

/** The topics first: without the schema nothing says whose they are. */
export async function dropSide({ name, side, pool }: Places): Promise<void> {
  await dropTopics(side);
  await pool.query(`drop schema if exists ${pg.escapeIdentifier(name)} cascade`);
}
