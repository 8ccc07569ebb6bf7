/** Results of the sources as they were last measured, each a file, with where and of what. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MeasuredOn } from '../../local/environment.ts';
import { SOURCES, type Source } from './sources.ts';

export interface StoredResult {
  readonly name: string;
  /** As it was run, e.g. `npm run bench -- sink --json`. */
  readonly command: string;
  readonly measured: MeasuredOn;
  readonly seconds: number;
  /** Of the command. */
  readonly status: number;
  readonly result: unknown;
}

const fileOf = (dir: string, name: string): string => join(dir, 'results', `${name}.json`);

/** In the order of the sources; those that were never measured are left out. */
export function storedResults(dir: string): StoredResult[] {
  return SOURCES.flatMap(({ name }) => {
    try {
      return [JSON.parse(readFileSync(fileOf(dir, name), 'utf8')) as StoredResult];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  });
}

export function store(dir: string, result: StoredResult): void {
  mkdirSync(join(dir, 'results'), { recursive: true });
  writeFileSync(fileOf(dir, result.name), `${JSON.stringify(result, undefined, 2)}\n`);
}

/** Sources without a result. */
export function unmeasured(results: readonly StoredResult[]): Source[] {
  return SOURCES.filter(({ name }) => !results.some((result) => result.name === name));
}

/** The last line of what a command wrote, where it is JSON; undefined where it is none. */
export function lastJson(output: string): unknown {
  try {
    return JSON.parse(output.trim().split('\n').at(-1) ?? '');
  } catch {
    return undefined;
  }
}
