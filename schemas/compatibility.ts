/**
 * Compares the schemas with the newest released ones in released/: an Avro record must read what its release wrote (BACKWARD),
 * the GraphQL schema must not break a client, but where released/accepted-breaks.json says why. `--accept` makes the present
 * schemas the released ones, and forgets what was accepted; it is refused while they are incompatible.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import avro from 'avsc';
import { buildSchema } from 'graphql';
import { TYPE_OPTIONS } from './records.ts';

const here = (path: string): URL => new URL(path, import.meta.url);
const files = (dir: string): string[] => readdirSync(here(dir)).filter((file) => !file.startsWith('.'));

/** Why a present Avro schema cannot read what the released one wrote; undefined where it can. */
export function avroBreak(present: string, released: string): string | undefined {
  const reader = avro.Type.forSchema(JSON.parse(present) as avro.Schema, { ...TYPE_OPTIONS });
  const writer = avro.Type.forSchema(JSON.parse(released) as avro.Schema, { ...TYPE_OPTIONS });
  try {
    reader.createResolver(writer);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A break of GraphQL clients that is meant. */
export interface AcceptedBreak {
  /** The sentence with which the check tells of it. */
  readonly change: string;
  /** Why it is worth breaking clients, and what they do instead. */
  readonly why: string;
}

const ACCEPTED_BREAKS = 'released/accepted-breaks.json';

/** What in the present GraphQL schema breaks clients of the released one. */
export async function graphqlBreaks(present: string, released: string): Promise<string[]> {
  const changes = await diff(buildSchema(released), buildSchema(present));
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ message }) => message);
}

/** The breaks that nobody has accepted, and what is accepted without a reason or without a break; one sentence each. */
export function unacceptedBreaks(breaks: readonly string[], accepted: readonly AcceptedBreak[]): string[] {
  const isAccepted = (change: string): boolean => accepted.some((entry) => entry.change === change);
  return [
    ...breaks
      .filter((change) => !isAccepted(change))
      .map(
        (change) =>
          `${change}. Clients of the release break: keep it and deprecate it. If it must be, add {"change": ${JSON.stringify(change)}, "why": "…"} to schemas/${ACCEPTED_BREAKS}.`,
      ),
    ...accepted
      .filter(({ change }) => !breaks.includes(change))
      .map(({ change }) => `${ACCEPTED_BREAKS} accepts a break that there is not, take it out: ${change}`),
    ...accepted.filter(({ why }) => why.trim() === '').map(({ change }) => `Say why in ${ACCEPTED_BREAKS}: ${change}`),
  ];
}

/** Every incompatibility, one line each. */
export async function incompatibilities(): Promise<string[]> {
  const problems: string[] = [];
  for (const file of files('released/avro')) {
    if (!files('avro').includes(file)) {
      problems.push(`avro/${file} is gone: a released record must stay`);
      continue;
    }
    const why = avroBreak(
      readFileSync(here(`avro/${file}`), 'utf8'),
      readFileSync(here(`released/avro/${file}`), 'utf8'),
    );
    if (why !== undefined) problems.push(`avro/${file} cannot read records of the released schema: ${why}`);
  }
  const breaks: string[] = [];
  for (const file of files('released/graphql'))
    breaks.push(
      ...(await graphqlBreaks(
        readFileSync(here(`graphql/${file}`), 'utf8'),
        readFileSync(here(`released/graphql/${file}`), 'utf8'),
      )),
    );
  const accepted = JSON.parse(readFileSync(here(ACCEPTED_BREAKS), 'utf8')) as AcceptedBreak[];
  return [...problems, ...unacceptedBreaks(breaks, accepted)];
}

function accept(): void {
  for (const dir of ['avro', 'graphql']) {
    mkdirSync(here(`released/${dir}`), { recursive: true });
    for (const file of files(dir)) {
      if (/\.(avsc|graphql)$/.test(file))
        writeFileSync(here(`released/${dir}/${file}`), readFileSync(here(`${dir}/${file}`)));
    }
  }
  writeFileSync(here(ACCEPTED_BREAKS), '[]\n');
}

if (import.meta.main) {
  const problems = await incompatibilities();
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else if (process.argv.includes('--accept')) accept();
}
