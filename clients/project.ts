/** A language's project: copied to .data/clients, where its code is generated and compiled. */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Language } from './languages.ts';

const here = import.meta.dirname;
/** What every project generates from. */
const SHARED_FILES = [join(here, 'operations.graphql'), join(here, '../schemas/graphql/schema.graphql')];
const STAMP = '.built-from';
/** Only a hang is caught by it: the first download and compilation of everything may take minutes. */
const LONGEST_STEP_MS = 300_000;

export type Build =
  | { readonly kind: 'built' }
  /** A toolchain or a package is not to be had on this machine. */
  | { readonly kind: 'missing'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

export function folderOf({ name }: Language): string {
  return join(here, '../.data/clients', name);
}

/** Whether the code was generated and compiled from what lies here now. */
export function isBuilt(language: Language): boolean {
  const stamp = join(folderOf(language), STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === inputsOf(language);
}

/** Generates and compiles the client, unless that is done. */
export async function build(language: Language): Promise<Build> {
  if (isBuilt(language)) return { kind: 'built' };
  for (const command of language.toolchain) {
    const failure = await runIn(here, command);
    if (failure !== undefined) return { kind: 'missing', reason: `there is no ${command[0]} here: ${failure}` };
  }
  const folder = folderOf(language);
  mkdirSync(folder, { recursive: true });
  rmSync(join(folder, STAMP), { force: true });
  // What was fetched and compiled before stays, and is used again.
  cpSync(join(here, language.name), folder, { recursive: true });
  for (const file of SHARED_FILES) cpSync(file, join(folder, file.slice(file.lastIndexOf('/') + 1)));
  for (const command of language.fetch) {
    const failure = await runIn(folder, command);
    if (failure !== undefined) return { kind: 'missing', reason: `its packages cannot be had here: ${failure}` };
  }
  for (const command of language.build) {
    const failure = await runIn(folder, command);
    if (failure !== undefined) return { kind: 'failed', reason: failure };
  }
  writeFileSync(join(folder, STAMP), inputsOf(language));
  return { kind: 'built' };
}

/** Hash over every file that the client is made from. */
function inputsOf({ name }: Language): string {
  const hash = createHash('sha256');
  const project = join(here, name);
  const files = readdirSync(project, { recursive: true, encoding: 'utf8' }).map((path) => join(project, path));
  for (const file of [...files.sort(), ...SHARED_FILES])
    if (statSync(file).isFile())
      hash
        .update(`${file.slice(here.length)}\0`)
        .update(readFileSync(file))
        .update('\0');
  return hash.digest('hex');
}

/** Why the command did not end with status 0; undefined where it did. */
function runIn(folder: string, [program, ...args]: Command): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LONGEST_STEP_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output = `${output}${text}`.slice(-4000)));
    child.on('error', (error) => resolve(error.message));
    child.on('close', (status, signal) =>
      resolve(
        status === 0
          ? undefined
          : `\`${[program, ...args].join(' ')}\` ended with ${status === null ? signal : `status ${status}`}\n${output.trim()}`,
      ),
    );
  });
}
