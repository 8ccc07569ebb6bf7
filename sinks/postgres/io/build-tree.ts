/** The tree of one root, made again and stored, in one transaction. */

import { buildTreeWithWorkers, MerkleTree } from '@attention-oracle/sdk';
import type { Logger } from '../../../runtime/logging.ts';
import { inTransaction, type Pool } from '../../../runtime/postgres/pool.ts';
import { NODE_BYTES } from '../../../runtime/postgres/tree-chunks.ts';
import { type BuildTree, type RebuiltTree, rebuildTree } from '../core/tree.ts';
import { finishTree } from './finish-tree.ts';
import { includeClaims } from './include-claims.ts';
import { insertTreeNodes } from './insert-tree-nodes.ts';
import { readRootClaims } from './read-root-claims.ts';
import { takeUnbuiltRoot, type UnbuiltRoot } from './take-unbuilt-root.ts';

/** Trees of more leaves are hashed by another thread: consuming, heartbeats and probes go on meanwhile. */
const HASHED_HERE = 10_000;

const besideOtherWork: BuildTree = async (leaves, options) =>
  leaves.length <= HASHED_HERE * NODE_BYTES
    ? MerkleTree.fromLeaves(leaves, options)
    : buildTreeWithWorkers(leaves, { ...options, workers: 1 });

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
    let tree: RebuiltTree | undefined;
    let failure: unknown;
    try {
      tree = await rebuildTree(readRootClaims(client, root), root, besideOtherWork);
    } catch (error) {
      failure = error;
    }
    const fields = {
      rootId: root.id,
      channel: root.channel,
      epoch: root.epoch,
      claims: tree?.leaves.rowIds.length ?? 0,
    };
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
