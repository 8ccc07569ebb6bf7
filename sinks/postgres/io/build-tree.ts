/** The tree of one root, made again and stored, in one transaction. */

import { setImmediate } from 'node:timers/promises';
import { buildTreeWithWorkers, MerkleTree } from '@attention-oracle/sdk';
import type { Logger } from '../../../runtime/logging.ts';
import { inTransaction, type Pool } from '../../../runtime/postgres/pool.ts';
import { type Portions, type RebuiltTree, rebuildTree } from '../core/tree.ts';
import { finishTree } from './finish-tree.ts';
import { includeClaims } from './include-claims.ts';
import { insertTreeNodes } from './insert-tree-nodes.ts';
import { readRootClaims } from './read-root-claims.ts';
import { takeUnbuiltRoot, type UnbuiltRoot } from './take-unbuilt-root.ts';

/** Trees above this many claims are hashed by another thread. */
const HASHED_HERE = 10_000;

/** Consuming, heartbeats and probes go on while a tree of a million claims is made. */
const IN_PORTIONS: Portions = {
  pause: () => setImmediate(),
  async build(claims, options) {
    if (claims.length <= HASHED_HERE) return new MerkleTree(claims, options);
    return buildTreeWithWorkers(claims, { ...options, workers: 1 });
  },
};

export type BuildOutcome = 'built' | 'mismatch' | 'nothing';

/** Builds the next root's tree. A tree with another root is not stored: nothing may be proven by it. */
export async function buildNextTree(
  pool: Pool,
  streamTopic: string,
  log: Logger,
  signal: AbortSignal,
): Promise<BuildOutcome> {
  const startedMs = performance.now();
  return inTransaction(pool, async (client) => {
    const root = await takeUnbuiltRoot(client, streamTopic);
    if (root === undefined) return 'nothing';
    const claims = await readRootClaims(client, root);
    let tree: RebuiltTree | undefined;
    let failure: unknown;
    try {
      tree = await rebuildTree(claims, root, IN_PORTIONS);
    } catch (error) {
      failure = error;
    }
    const fields = { rootId: root.id, channel: root.channel, epoch: root.epoch, claims: claims.length };
    if (tree?.root !== root.root || tree.leafCount !== root.count) {
      await finishTree(client, root, 'mismatch');
      log.error({ ...fields, err: failure, ...expected(root, tree) }, MISMATCH);
      return 'mismatch';
    }
    await insertTreeNodes(client, root.id, tree.levels, signal);
    await includeClaims(client, root, tree.leaves, signal);
    await finishTree(client, root, 'built');
    log.info({ ...fields, root: root.root, durationMs: Math.round(performance.now() - startedMs) }, 'tree built');
    return 'built';
  });
}

const MISMATCH =
  'the claims in the database give another root than the record: no proof of it is served. Check that sink and processor have the same MINT_PUBKEY, EPOCH_DURATION_SLOTS and EPOCH_BASE, and the dead letters; then replay and set roots.tree_state to pending';

function expected(root: UnbuiltRoot, tree: RebuiltTree | undefined): Record<string, unknown> {
  return { root: root.root, count: root.count, computedRoot: tree?.root ?? null, computedCount: tree?.leafCount ?? 0 };
}
