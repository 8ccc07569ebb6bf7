/** What was rebuilt in the place of the living tables, the way back, and taking away what is left of it. */

import pg from 'pg';
import type { Rules } from '../../processors/epoch-roots/core/rules.ts';
import { AppError } from '../../runtime/errors.ts';
import { describeTopics } from '../../runtime/kafka/describe-topics.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { TOPICS, type TopicKey } from '../../schemas/topics.ts';
import { type Comparison, compareBoth } from './compare.ts';
import { keptName, readNote, type SchemaNote } from './note.ts';
import type { Places } from './places.ts';
import { planSwap, type SwapForm, type SwapPlan } from './plan.ts';
import { publishedRoots } from './published-roots.ts';
import { dropSide, dropTopics } from './run.ts';
import { type Copied, copyTopics } from './side.ts';
import { type CopiedTopic, swapSchemas, takeBack } from './swap-schemas.ts';

/** Groups that must have no members: whose tables or topics become others. */
const STOPPED: Readonly<Record<SwapForm, readonly string[]>> = {
  tables: ['ao-postgres-sink'],
  topics: ['ao-postgres-sink', 'ao-epoch-roots', 'ao-settlement'],
};

export interface PlannedSwap {
  readonly plan: SwapPlan;
  readonly comparison: Comparison;
  readonly note: SchemaNote & { readonly copied: Copied };
}

/** @throws AppError ARGUMENT_INVALID where there is no whole rebuild of that name. */
export async function planned(places: Places, evenPublished: boolean): Promise<PlannedSwap> {
  const { name, livingSchema, living, pool } = places;
  const note = await readNote(pool, name);
  if (note?.state !== 'beside' || note.copied === null)
    throw new AppError(
      'ARGUMENT_INVALID',
      note === undefined
        ? `There is no rebuild ${name}: make one with \`ao rebuild --keep --name ${name}\`.`
        : `Rebuild ${name} is ${note.state === 'beside' ? 'not whole' : 'one that was swapped and taken back'}: \`ao rebuild drop --name ${name}\`, then rebuild again.`,
    );
  if (note.living !== livingSchema || note.namespace !== living.settings.KAFKA_NAMESPACE)
    throw new AppError(
      'ARGUMENT_INVALID',
      `Rebuild ${name} was made of schema ${note.living} and namespace '${note.namespace}': set DATABASE_SCHEMA and KAFKA_NAMESPACE to these.`,
    );
  const { copied } = note;
  const ends = new Map(
    Object.entries(copied[TOPICS.streamEvents.name] ?? {}).map(([partition, end]) => [Number(partition), end]),
  );
  const comparison = await compareBoth(places, ends);
  const plan = planSwap(
    {
      roots: comparison.roots,
      published: await publishedRoots(pool, [livingSchema, name]),
      obstacles: await obstacles(places),
      wentOn: await wentOn(places, copied),
    },
    evenPublished,
  );
  return { plan, comparison, note: { ...note, copied } };
}

/** @throws AppError GROUP_ACTIVE while roles run whose tables or topics become others; whatever `swapSchemas` refuses. */
export async function swap(places: Places, { plan, comparison, note }: PlannedSwap, rules: Rules): Promise<void> {
  const { living, side, admin, pool } = places;
  await assertStopped(places, plan.form);
  if (plan.form === 'topics') {
    // Listeners go on where they stand; a copy that was broken off lets them read some of it again.
    const held = [...(await admin.bounds(topicNames(side.settings).cursors)).values()].some(({ high }) => high > 0n);
    if (!held) await copyTopics({ living, side, rules }, ['cursors'], () => undefined);
    await swapSchemas(pool, { ...note, form: 'topics' }, undefined);
    return;
  }
  const [from, to] = [topicNames(side.settings), topicNames(living.settings)];
  const ids = await describeTopics(living, [to.streamEvents, to.settlements]);
  const topicOf = (key: 'streamEvents' | 'settlements'): CopiedTopic => ({
    side: from[key],
    living: to[key],
    id: ids.get(to[key])?.id,
    ends: new Map(Object.entries(note.copied[TOPICS[key].name] ?? {}).map(([at, end]) => [Number(at), end])),
  });
  await swapSchemas(
    pool,
    { ...note, form: 'tables' },
    {
      copied: [topicOf('streamEvents'), topicOf('settlements')],
      roots: { side: from.roots, living: to.roots },
      places: comparison.places,
    },
  );
}

/** @returns what the former swap was. @throws AppError ARGUMENT_INVALID where none is kept; GROUP_ACTIVE */
export async function back(places: Places): Promise<SchemaNote> {
  const note = await keptNote(places);
  if (note?.rebuild !== places.name)
    throw new AppError(
      'ARGUMENT_INVALID',
      note === undefined
        ? `No former tables are kept as ${keptName(places.livingSchema)}: nothing was swapped, or they were dropped.`
        : `The swap was of rebuild ${note.rebuild}: say --name ${note.rebuild}.`,
    );
  const { rows } = await places.pool.query('select from pg_namespace where nspname = $1', [note.rebuild]);
  if (rows.length > 0)
    throw new AppError(
      'ARGUMENT_INVALID',
      `Schema ${note.rebuild} is there again, and the tables of the swap would get that name: \`ao rebuild drop --name ${note.rebuild}\` first.`,
    );
  await assertStopped(places, note.form ?? 'topics');
  if (note.form === 'topics') await refuseSent(places, note);
  await takeBack(places.pool, note);
  return note;
}

/** The former ledger does not know what was sent since. A record there takes two offsets, with the end of its transaction. */
async function refuseSent({ side, admin }: Places, { copied }: SchemaNote): Promise<void> {
  const { settlements } = topicNames(side.settings);
  const ends = copied?.[TOPICS.settlements.name] ?? {};
  const bounds = await admin.bounds(settlements);
  if (![...bounds].some(([partition, { high }]) => Number(high) > (ends[partition] ?? 0) + 1)) return;
  throw new AppError(
    'ARGUMENT_INVALID',
    `Settlement has written to ${settlements} since the swap, and the former ledger would not know what was sent: there is no way back.`,
  );
}

/** @returns what was taken away. @throws AppError ARGUMENT_INVALID where no rebuild goes by the name, or it is the living one. */
export async function drop(places: Places): Promise<string> {
  const { name, pool, living, side } = places;
  if ((await readNote(pool, name)) !== undefined) {
    if (living.settings.KAFKA_NAMESPACE === side.settings.KAFKA_NAMESPACE)
      throw new AppError('ARGUMENT_INVALID', `KAFKA_NAMESPACE is ${name}. itself: set that of the living deployment.`);
    await dropSide(places);
    return `Schema ${name} and the topics of namespace ${name}. are gone.`;
  }
  const kept = await keptNote(places);
  if (kept?.rebuild !== name)
    throw new AppError('ARGUMENT_INVALID', `No rebuild goes by the name ${name}: nothing was taken away.`);
  if (kept.form === 'tables') await dropTopics(side);
  await pool.query(`drop schema ${pg.escapeIdentifier(keptName(places.livingSchema))} cascade`);
  const topics = kept.form === 'tables' ? ` and the topics of namespace ${name}.` : '';
  return `The former tables (schema ${keptName(places.livingSchema)})${topics} are gone: there is no way back any more.`;
}

async function keptNote({ pool, livingSchema }: Places): Promise<SchemaNote | undefined> {
  const note = await readNote(pool, keptName(livingSchema));
  return note?.state === 'kept' && note.living === livingSchema ? note : undefined;
}

async function obstacles({ pool, livingSchema }: Places): Promise<string[]> {
  const { rows: kept } = await pool.query('select from pg_namespace where nspname = $1', [keptName(livingSchema)]);
  const { rows: adopted } = await pool.query<{ name: string }>(
    `select name from ${pg.escapeIdentifier(livingSchema)}.adopted_tables order by 1`,
  );
  return [
    ...(kept.length === 0
      ? []
      : [`The tables of a former swap are kept (schema ${keptName(livingSchema)}): \`ao rebuild drop\` them first.`]),
    ...(adopted.length === 0
      ? []
      : [
          `The legacy system's own tables are in schema ${livingSchema} (${adopted.map(({ name }) => name).join(', ')}), and it writes into them: replay the sink instead (\`ao replay\`).`,
        ]),
  ];
}

async function wentOn({ living, admin }: Places, copied: Copied): Promise<string[]> {
  const names = topicNames(living.settings);
  const found: string[] = [];
  for (const key of Object.keys(TOPICS) as TopicKey[]) {
    const ends = copied[TOPICS[key].name];
    if (ends === undefined) continue;
    const bounds = await admin.bounds(names[key]);
    if ([...bounds].some(([partition, { high }]) => Number(high) > (ends[partition] ?? 0))) found.push(names[key]);
  }
  return found;
}

async function assertStopped({ living, side, admin }: Places, form: SwapForm): Promise<void> {
  for (const group of STOPPED[form])
    for (const { settings } of [living, side]) {
      const id = settings.KAFKA_NAMESPACE + group;
      const members = await admin.memberCount(id);
      if (members > 0)
        throw new AppError('GROUP_ACTIVE', `${id} has ${members} running members. Stop them, and say it again.`);
    }
}
