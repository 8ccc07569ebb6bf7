/** An operator's file of variables, beside those of the environment. */

import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { AppError } from './errors.ts';

export interface EnvFile {
  /** As it was named, e.g. `.env`. */
  readonly path: string;
  /** Variables that come from the file, since the environment does not set them. */
  readonly names: ReadonlySet<string>;
}

const DEFAULT_FILE = '.env';

/**
 * Adds the variables of a file to the environment; what is set there stays. AO_ENV_FILE names the file, `none` reads no file;
 * default `.env` in the working folder, where there is one.
 * @throws AppError CONFIG_INVALID when the file that AO_ENV_FILE names is not there.
 */
export function loadEnvFile(env: Record<string, string | undefined>): EnvFile | undefined {
  const named = env['AO_ENV_FILE'] ?? '';
  if (named === 'none') return undefined;
  const path = named === '' ? DEFAULT_FILE : named;
  if (!existsSync(path)) {
    if (named === '') return undefined;
    throw new AppError(
      'CONFIG_INVALID',
      `AO_ENV_FILE names ${path}, which is not there: create it or unset AO_ENV_FILE.`,
    );
  }
  const names = new Set<string>();
  for (const [name, value] of Object.entries(parseEnv(readFileSync(path, 'utf8')))) {
    if (env[name] !== undefined) continue;
    env[name] = value;
    names.add(name);
  }
  return { path, names };
}
