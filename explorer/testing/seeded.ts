/** A gateway with something to look at: roots in each state, coverage with a hole, claims of a wallet. */

import { storedUpTo } from '../../graphql/testing/live-items.ts';
import { GatewayRig, type RunningGateway } from '../../graphql/testing/rig.ts';
import { type SeededRoot, seedRoot } from '../../graphql/testing/seed.ts';
import type { Environment } from '../../runtime/config.ts';

export const WALLET = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
const FAN = 'So11111111111111111111111111111111111111112';

export interface Seeded {
  readonly rig: GatewayRig;
  readonly gateway: RunningGateway;
  /** Of channel lacy, epoch 8; its second leaf is the wallet's. */
  readonly root: SeededRoot;
  stop(): Promise<void>;
}

/** Epoch 7 is whole, epoch 8 has the hole from slot 84 to 85, epoch 9 is open. */
export async function seeded(variables: Environment = {}): Promise<Seeded> {
  const rig = await GatewayRig.create({
    GATEWAY_FEED_INTERVAL_MS: '20',
    GATEWAY_QUERY_TIMEOUT_MS: '1500',
    ...variables,
  });
  const { pool } = rig;
  await pool.query(
    'insert into epochs (epoch, start_slot, end_slot, finalized_at) values (7, 70, 79, now()), (8, 80, 89, now()), (9, 90, 99, null)',
  );
  const users = [FAN, WALLET, FAN, FAN, FAN];
  const root = await seedRoot(pool, { channel: 'lacy', epoch: 8, count: 5, settled: true, users });
  await seedRoot(pool, { channel: 'lacy', epoch: 7, count: 3, settled: true });
  await seedRoot(pool, { channel: 'kaicenat', epoch: 7, count: 12, settled: false });
  await pool.query('update roots set record_offset = 0');
  for (const partition of [0, 1, 2])
    for (const [from, to] of [
      [70, 83],
      [86, 95],
    ])
      await pool.query(
        `insert into coverage (stream_partition, source, method, endpoint, from_slot, to_slot, block_time, watermarks, signatures, last_offset)
         values ($1, 'north', 'signature-walk', 'rpc.example', $2, $3, now(), 2, 5, 1)`,
        [partition, from, to],
      );
  await storedUpTo(pool, rig.topics.roots, 0, 1);
  const gateway = await rig.start();
  return { rig, gateway, root, stop: () => rig.stop() };
}

let nextRecord = 1;

/** The sink stores a root while the page is open. */
export async function storeRoot({ rig }: Seeded, channel: string, epoch: number): Promise<void> {
  await seedRoot(rig.pool, { channel, epoch, count: 2, settled: false });
  await rig.pool.query('update roots set record_offset = $3 where channel = $1 and epoch = $2', [
    channel,
    epoch,
    nextRecord,
  ]);
  nextRecord += 1;
  await storedUpTo(rig.pool, rig.topics.roots, 0, nextRecord);
}
