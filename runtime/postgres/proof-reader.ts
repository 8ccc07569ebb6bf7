/** Merkle proofs from the stored trees: a few blocks of nodes, whatever the size of the tree. */

import { hexToBytes, type OddNode } from '@attention-oracle/sdk';
import { AppError } from '../errors.ts';
import type { Client, Pool } from './pool.ts';
import {
  BLOCK_LEVELS,
  type BlockPlace,
  blockOf,
  blocksOfLeaf,
  expectLeaf,
  type LevelPart,
  proofFromBlocks,
  type TreeBlock,
} from './tree-blocks.ts';
import { NODE_BYTES, NODES_PER_CHUNK } from './tree-chunks.ts';

/** A leaf whose proof is wanted. */
export interface ProofRequest {
  /** roots.id of a root whose tree_state is built */
  readonly rootId: number;
  /** roots.count */
  readonly leafCount: number;
  /** roots.odd_node */
  readonly oddNode: OddNode;
  readonly leafIndex: number;
}

/** A leaf and what proves it. */
export interface StoredProof {
  /** 32 bytes. */
  readonly leaf: Uint8Array;
  /** Siblings from the leaf up, 32 bytes each. */
  readonly proof: readonly Uint8Array[];
}

/** A block that is wanted. */
export interface BlockRequest extends BlockPlace, Pick<ProofRequest, 'rootId' | 'leafCount'> {}

interface PartRow extends LevelPart {
  /** Which request it answers, from 1. */
  readonly request: number;
}

/**
 * Reads several blocks in one query; the answers are in the order of the requests.
 * @throws AppError TREE_MISSING when a tree is not stored or smaller than said
 */
export async function readBlocks(
  database: Pick<Pool | Client, 'query'>,
  requests: readonly BlockRequest[],
): Promise<TreeBlock[]> {
  if (requests.length === 0) return [];
  const { rows } = await database.query<PartRow>({
    name: 'read-blocks',
    text: `select s.request::int, s.step, substring(t.nodes from (s.first % ${NODES_PER_CHUNK}) * ${NODE_BYTES} + 1
         for (${NODES_PER_CHUNK} >> s.step) * ${NODE_BYTES}) as nodes
       from (select r.request, step, r.root_id, r.base + step as level, r.block * (${NODES_PER_CHUNK} >> step) as first
             from unnest($1::int[], $2::int[], $3::int[]) with ordinality r (root_id, base, block, request),
               generate_series(0, ${BLOCK_LEVELS - 1}) step) s
       join tree_nodes t on t.root_id = s.root_id and t.level = s.level and t.chunk = s.first / ${NODES_PER_CHUNK}`,
    values: [
      requests.map(({ rootId }) => rootId),
      requests.map(({ base }) => base),
      requests.map(({ block }) => block),
    ],
  });
  const parts = Map.groupBy(rows, ({ request }) => request - 1);
  return requests.map((request, at) => {
    const block = blockOf(request.leafCount, request, parts.get(at) ?? []);
    if (block === undefined) throw missing(request);
    return block;
  });
}

/**
 * Reads the proof of one leaf.
 * @throws AppError TREE_MISSING; AttentionOracleError LEAF_INDEX_OUT_OF_RANGE
 */
export async function readProof(database: Pick<Pool | Client, 'query'>, request: ProofRequest): Promise<StoredProof> {
  expectLeaf(request);
  const blocks = await readBlocks(
    database,
    blocksOfLeaf(request).map((place) => ({ ...place, rootId: request.rootId, leafCount: request.leafCount })),
  );
  const { leaf, proof } = proofFromBlocks(request, blocks);
  return { leaf: hexToBytes(leaf), proof: proof.map(hexToBytes) };
}

function missing({ rootId, base, block }: BlockRequest): AppError {
  return new AppError(
    'TREE_MISSING',
    'The tree of this root is not stored. Proofs are served once roots.tree_state is built; is the sink running?',
    { retryable: true, context: { rootId, base, block } },
  );
}
