/** What a fuzz can ask about: roots, and slots that are all proven, so that nobody waits for one. */

import { base58Encode } from '@attention-oracle/sdk';
import { type SeededRoot, seedRoot } from '../../graphql/testing/seed.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import type { KnownValues } from './hostile.ts';

/** Partitions of the event topic. */
export const PARTITIONS = 3;
const SIGNATURE = base58Encode(new Uint8Array(64).fill(7));

export async function seedKnownValues(pool: Pool): Promise<KnownValues> {
  await pool.query(
    `insert into coverage (stream_partition, source, method, endpoint, from_slot, to_slot, block_time, watermarks, signatures, last_offset)
     select partition, 'listener', 'signature-walk', 'rpc.example', 0, $1, '2026-01-01', 1, 1, 1 from generate_series(0, $2::int - 1) partition`,
    [Number.MAX_SAFE_INTEGER, PARTITIONS],
  );
  const roots: SeededRoot[] = [];
  for (let epoch = 20; epoch < 24; epoch += 1)
    roots.push(await seedRoot(pool, { channel: 'kaicenat', epoch, count: 5, settled: epoch % 2 === 0 }));
  // As on chain: a proof bundle takes no other.
  await pool.query('update roots set tx_signature = $1 where tx_signature is not null', [SIGNATURE]);
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
