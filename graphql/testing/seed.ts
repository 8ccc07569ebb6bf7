/** Rows for the gateway's tests: roots with their trees, as the sink leaves them. */

import { MerkleTree, type OddNode, type Recipe } from '@attention-oracle/sdk';
import { Keypair } from '@solana/web3.js';
import type { Pool } from '../../runtime/postgres/pool.ts';
import { chunksOf } from '../../runtime/postgres/tree-chunks.ts';

export interface SeededRoot {
  readonly channel: string;
  readonly epoch: number;
  readonly tree: MerkleTree;
  /** Of every claim, where the seed named one. */
  readonly amount: bigint;
  readonly users: readonly string[];
  readonly eventIds: readonly string[];
}

export interface SeedOptions {
  readonly channel: string;
  readonly epoch: number;
  readonly count: number;
  readonly settled: boolean;
  /** Default: random addresses. */
  readonly users?: readonly string[];
  /** Base units of every claim. Default: beyond what a signed number holds, each another. */
  readonly amount?: bigint;
  readonly recipe?: Recipe;
  readonly oddNode?: OddNode;
  /** Default: its tree is stored. */
  readonly treeState?: 'pending' | 'built' | 'mismatch';
}

/** Inserts a root of `count` claims, one a user, its tree and its settlement. */
export async function seedRoot(pool: Pool, options: SeedOptions): Promise<SeededRoot> {
  const { channel, epoch, count, settled, recipe = 'claim-v0', oddNode = 'duplicate', treeState = 'built' } = options;
  const users = options.users ?? Array.from({ length: count }, () => Keypair.generate().publicKey.toBase58());
  const claims = users.map((claimer, index) => ({
    claimer,
    amount: options.amount ?? 2n ** 63n + BigInt(index),
    id: `twitch:${channel}:user${index}`,
  }));
  const tree = new MerkleTree(claims, { recipe, oddNode, channel, epoch: BigInt(epoch) });
  const { rows } = await pool.query<{ id: number }>(
    `insert into roots (epoch, channel, root, count, finalized_at, status, recipe, odd_node, start_slot, end_slot, finalized_slot,
       source_partition, source_offset, record_partition, record_offset, tree_state, settled_at, tx_signature)
     values ($1, $2, $3, $4, '2026-01-01 00:00:00', $5, $11, $12, $6, $7, $8, 0, 1, 0, $1, $13, $9, $10) returning id`,
    [
      epoch,
      channel,
      tree.rootHex(),
      count,
      settled ? 'settled' : 'ready_for_settlement',
      epoch * 10,
      epoch * 10 + 9,
      epoch * 10 + 20,
      settled ? '2026-01-01 00:01:00' : null,
      settled ? `signature-${channel}-${epoch}` : null,
      recipe,
      oddNode,
      treeState,
    ],
  );
  const rootId = rows[0]?.id;
  const eventIds: string[] = [];
  for (const [index, claim] of claims.entries()) {
    const eventId = `signature${channel}${epoch}x${index}/0`;
    eventIds.push(eventId);
    await pool.query(
      `insert into claims (channel, user_pubkey, slot, claim_timestamp, status, event_id, signature, epoch, claim_epoch, amount, claim_id,
         commitment, proven, vouchers, stream_partition, stream_offset, proven_offset, root_id, leaf_index)
       values ($1, $2, $3, '2026-01-01 00:00:00', $4, $5, 'signature', $6, 1, $7, $8, 'finalized', true, '{}', 0, $9::int, $9::int, $10, $9::int)`,
      [
        channel,
        claim.claimer,
        epoch * 10,
        settled ? 'settled' : 'included',
        eventId,
        epoch,
        claim.amount.toString(),
        claim.id,
        index,
        rootId,
      ],
    );
  }
  for (const [level, nodes] of treeState === 'built' ? tree.levels.entries() : []) {
    for (const [chunk, bytes] of chunksOf(nodes).entries()) {
      await pool.query('insert into tree_nodes (root_id, level, chunk, nodes) values ($1, $2, $3, $4)', [
        rootId,
        level,
        chunk,
        bytes,
      ]);
    }
  }
  if (settled) {
    await pool.query(
      `insert into settlement_log (root_id, tx_signature, settled_at, status, ledger_status, channel, epoch, root, attempt, slot, fee_lamports,
         recorded_at, worker, ledger_partition, ledger_offset)
       values ($1, $2, '2026-01-01 00:01:00', 'confirmed', 'FINALIZED', $3, $4, $5, 1, 77, 5000, '2026-01-01 00:01:00', 'worker', 0, $4)`,
      [rootId, `signature-${channel}-${epoch}`, channel, epoch, tree.rootHex()],
    );
  }
  return { channel, epoch, tree, amount: options.amount ?? 0n, users, eventIds };
}
