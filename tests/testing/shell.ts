/** Commands as a reader of the documentation gives them, in a real bash; functions that they define stay for the next ones. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface Shell {
  /** Working folder; `npm start` has its state in .data below it. */
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
}

const repoDir = resolve(import.meta.dirname, '../..');

/** `npx ao` without npx, which would take longer than the command. */
const NPX = `npx() {
  [ "$1" = ao ] || { echo "npx $1 is not known here" >&2; return 9; }
  shift
  "$AO_NODE" --conditions=@attention-oracle/source --disable-warning=ExperimentalWarning "$AO_MAIN" --data .data "$@"
}`;

/** Runs commands until the first that fails. @returns what they wrote, errors too. */
export async function runShell(shell: Shell, commands: string): Promise<{ status: number | null; output: string }> {
  const kept = join(shell.dir, 'functions.sh');
  const script = ['set -euo pipefail', existsSync(kept) ? `. ${kept}` : '', NPX, commands, `declare -f > ${kept}`].join(
    '\n',
  );
  const child = spawn('bash', ['-c', script], {
    cwd: shell.dir,
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      NODE_COMPILE_CACHE: join(repoDir, '.data/compile-cache'),
      AO_NODE: process.execPath,
      AO_MAIN: join(repoDir, 'cli/ao.ts'),
      ...shell.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const status = await new Promise<number | null>((done) => child.on('close', done));
  return { status, output };
}
