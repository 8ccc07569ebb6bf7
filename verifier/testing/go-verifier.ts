/** The second implementation, built where this machine can build it. */

import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const source = join(import.meta.dirname, '..');
const MAX_OUTPUT = 1 << 30;

/** Why it cannot be built here; undefined where it can. */
export function whyNotBuilt(): string | undefined {
  try {
    const [, major, minor] = /go(\d+)\.(\d+)/.exec(execFileSync('go', ['version'], { encoding: 'utf8' })) ?? [];
    const isNew = Number(major) > 1 || Number(minor) >= 24;
    if (!isNew) return `Go ${major}.${minor} is older than 1.24`;
  } catch {
    return 'there is no Go toolchain';
  }
  try {
    execFileSync('go', ['mod', 'download'], { cwd: source, env: goEnvironment(), stdio: 'pipe' });
    return undefined;
  } catch {
    return 'its Go modules cannot be had';
  }
}

/** No other toolchain is fetched. */
function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, GOTOOLCHAIN: 'local' };
}

/** @param directory Where the program is put. @returns its path. */
export async function buildVerifier(directory: string): Promise<string> {
  mkdirSync(directory, { recursive: true });
  const program = join(directory, 'verifier');
  await run('go', ['build', '-o', program, '.'], {
    cwd: source,
    env: goEnvironment(),
  });
  return program;
}

/** The roots of an archive, as the verifier prints them: a line of JSON each. */
export async function rootsOfArchive(program: string, archive: string): Promise<string[]> {
  const { stdout } = await run(program, [archive], { maxBuffer: MAX_OUTPUT });
  return stdout.split('\n').filter((line) => line !== '');
}
