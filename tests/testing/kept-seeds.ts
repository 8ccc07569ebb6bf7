/** The seeds of tests/seeds.md. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KeptSeed {
  readonly simulation: string;
  readonly seed: number;
  readonly kind: string;
  readonly cause: string;
}

/** @throws where a line of the table does not have its five cells: no seed is left out unseen. */
export function keptSeeds(simulation: string): KeptSeed[] {
  const text = readFileSync(join(import.meta.dirname, '../seeds.md'), 'utf8');
  const lines = text.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).flatMap((line) => {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const [of = '', seed = '', kind = '', , cause = ''] = cells;
    if (cells.length !== 5 || !/^\d+$/.test(seed)) throw new Error(`tests/seeds.md: "${line}" is no seed`);
    return of === simulation ? [{ simulation, seed: Number(seed), kind, cause }] : [];
  });
}
