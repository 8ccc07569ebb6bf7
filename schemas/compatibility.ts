/**
 * Compares the schemas with the newest released ones in released/: an Avro record must read what its release wrote (BACKWARD),
 * the GraphQL schema must not break a client. `--accept` makes the present schemas the released ones; it is refused while
 * they are incompatible.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import avro from 'avsc';
import { buildSchema, findBreakingChanges } from 'graphql';
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

/** What in the present GraphQL schema breaks clients of the released one. */
export function graphqlBreaks(present: string, released: string): string[] {
  return findBreakingChanges(buildSchema(released), buildSchema(present)).map(({ description }) => description);
}

/** Every incompatibility, one line each. */
export function incompatibilities(): string[] {
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
  for (const file of files('released/graphql')) {
    const breaks = graphqlBreaks(
      readFileSync(here(`graphql/${file}`), 'utf8'),
      readFileSync(here(`released/graphql/${file}`), 'utf8'),
    );
    problems.push(...breaks.map((description) => `graphql/${file}: ${description}`));
  }
  return problems;
}

function accept(): void {
  for (const dir of ['avro', 'graphql']) {
    mkdirSync(here(`released/${dir}`), { recursive: true });
    for (const file of files(dir)) {
      if (/\.(avsc|graphql)$/.test(file))
        writeFileSync(here(`released/${dir}/${file}`), readFileSync(here(`${dir}/${file}`)));
    }
  }
}

if (import.meta.main) {
  const problems = incompatibilities();
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else if (process.argv.includes('--accept')) accept();
}
