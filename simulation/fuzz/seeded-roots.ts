/** Roots for a fuzz to ask about. */

import { type SeededRoot, seedRoot } from '../../graphql/testing/seed.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import type { KnownValues } from './hostile.ts';

export async function seedKnownValues(pool: Pool): Promise<KnownValues> {
  const roots: SeededRoot[] = [];
  for (let epoch = 20; epoch < 24; epoch += 1)
    roots.push(await seedRoot(pool, { channel: 'kaicenat', epoch, count: 5, settled: epoch % 2 === 0 }));
  return {
    users: roots.flatMap(({ users }) => users),
    channels: [...new Set(roots.map(({ channel }) => channel)), 'nobody'],
    epochs: roots.map(({ epoch }) => epoch),
    eventIds: roots.flatMap(({ eventIds }) => eventIds),
    hashes: roots.flatMap(({ tree }) => [
      tree.rootHex(),
      Buffer.from(tree.leaf(1)).toString('hex'),
      ...tree.proof(1).map((node) => Buffer.from(node).toString('hex')),
    ]),
  };
}
