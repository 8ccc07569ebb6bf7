/** The metrics that the roles declare, read off their sources; histograms with the suffixes that they get. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export function declaredMetrics(): Set<string> {
  const names = new Set<string>();
  for (const folder of ['producers', 'processors', 'sinks', 'graphql', 'transition', 'cli', 'runtime']) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      const source = readFileSync(join(root, folder, file), 'utf8');
      // Settlement puts the prefix before the names of some.
      const prefixed = source.includes('`ao_settlement_${name}`')
        ? [...source.matchAll(/(?:counter|gauge)\('([a-z_]+)'/g)].map(([, name]) => `ao_settlement_${name}`)
        : [];
      const whole = [...source.matchAll(/'((?:ao|kafka)_[a-z_]+)'/g)].map(([, name]) => name ?? '');
      for (const name of [...whole, ...prefixed])
        for (const suffix of ['', '_bucket', '_sum', '_count']) names.add(name + suffix);
    }
  }
  return names;
}
