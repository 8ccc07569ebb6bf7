/** The running platform's variables, left where `ao` finds them: so that the operators' tools need no settings on this machine. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOCAL_ENV_FILE } from '../../runtime/local-env-file.ts';

/** Writes the file, readable by its owner only (the database URL holds a password). @returns what removes it. */
export function writeLocalEnv(dataDir: string, variables: Readonly<Record<string, string>>): { stop(): Promise<void> } {
  const path = join(dataDir, LOCAL_ENV_FILE);
  const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`);
  rmSync(path, { force: true });
  writeFileSync(path, lines.join(''), { mode: 0o600 });
  return { stop: async () => rmSync(path, { force: true }) };
}
