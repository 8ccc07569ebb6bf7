/** A million claims as the sink leaves them: in roots with their trees, settled, each user with several. */

import { createHash } from 'node:crypto';
import { base58Encode, MerkleTree } from '@attention-oracle/sdk';
import type { Pool } from '../../runtime/postgres/pool.ts';
import { chunksOf } from '../../runtime/postgres/tree-chunks.ts';

export interface SeedPlan {
  readonly roots: number;
  readonly claimsOfARoot: number;
  readonly claimsOfAUser: number;
  readonly partitions: number;
}

export const channelOf = (root: number): string => `bench-${root}`;

/** Made of a number, so that whoever asks knows whom to ask for. */
export function userOf(number: number): string {
  return base58Encode(createHash('sha256').update(`user ${number}`).digest());
}

export const usersOf = ({ roots, claimsOfARoot, claimsOfAUser }: SeedPlan): number =>
  (roots * claimsOfARoot) / claimsOfAUser;

/** Stores everything, and that each partition of the event topic is stored so far. */
export async function seed(pool: Pool, plan: SeedPlan, eventTopic: string): Promise<void> {
  const users = Array.from({ length: usersOf(plan) }, (_, number) => userOf(number));
  for (let root = 0; root < plan.roots; root += 1) await seedRoot(pool, plan, root, users);
  for (let partition = 0; partition < plan.partitions; partition += 1)
    await pool.query(
      'insert into sink_offsets (topic, partition, next_offset, highest_offset) values ($1, $2, $3, $3)',
      [eventTopic, partition, Math.ceil(plan.roots / plan.partitions) * plan.claimsOfARoot],
    );
  await pool.query('analyze');
}

async function seedRoot(pool: Pool, plan: SeedPlan, root: number, users: readonly string[]): Promise<void> {
  const channel = channelOf(root);
  const claims = Array.from({ length: plan.claimsOfARoot }, (_, index) => ({
    claimer: users[(root * plan.claimsOfARoot + index) % users.length] as string,
    amount: 1_000_000n + BigInt(index),
    id: `twitch:${channel}:user${index}`,
  }));
  const tree = new MerkleTree(claims, { recipe: 'claim-v0', oddNode: 'duplicate', channel, epoch: 20n });
  const { rows } = await pool.query<{ id: number }>(
    `insert into roots (epoch, channel, root, count, finalized_at, status, recipe, odd_node, start_slot, end_slot, finalized_slot,
       source_partition, source_offset, record_partition, record_offset, tree_state, settled_at, tx_signature)
     values (20, $1, $2, $3, '2026-01-01', 'settled', 'claim-v0', 'duplicate', 200, 209, 220, 0, 1, $4, $5, 'built', '2026-01-01', 'signature')
     returning id`,
    [channel, tree.rootHex(), tree.size, root % plan.partitions, Math.floor(root / plan.partitions)],
  );
  const offset = Math.floor(root / plan.partitions) * plan.claimsOfARoot;
  await pool.query(
    `insert into claims (channel, user_pubkey, slot, claim_timestamp, status, event_id, signature, epoch, claim_epoch, amount, claim_id,
       commitment, proven, vouchers, stream_partition, stream_offset, proven_offset, root_id, leaf_index)
     select $1::text, u.user_pubkey, 200 + (u.index - 1) % 10, '2026-01-01', 'settled', 'signature' || $1::text || 'x' || (u.index - 1) || '/0', 'signature', 20, 1,
       1000000 + u.index - 1, 'twitch:' || $1::text || ':user' || (u.index - 1), 'finalized', true, '{listener}', $3::int, $4::int + u.index - 1, $4::int + u.index - 1, $5::int,
       u.index - 1
     from unnest($2::text[]) with ordinality u (user_pubkey, index)`,
    [channel, claims.map(({ claimer }) => claimer), root % plan.partitions, offset, rows[0]?.id],
  );
  const nodes = tree.levels.flatMap((bytes, level) => chunksOf(bytes).map((part, chunk) => ({ level, chunk, part })));
  await pool.query(
    `insert into tree_nodes (root_id, level, chunk, nodes)
     select $1::int, level, chunk, nodes from unnest($2::int[], $3::int[], $4::bytea[]) n (level, chunk, nodes)`,
    [rows[0]?.id, nodes.map(({ level }) => level), nodes.map(({ chunk }) => chunk), nodes.map(({ part }) => part)],
  );
}
