/** Merkle proofs from the stored trees: one node a level, whatever the size of the tree. */

import { type OddNode, proofPositions } from '@attention-oracle/sdk';
import { AppError } from '../errors.ts';
import type { Client, Pool } from './pool.ts';
import { NODE_BYTES, nodePlace } from './tree-chunks.ts';

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

interface NodeRow {
  request: number;
  step: number;
  node: Buffer | null;
}

/**
 * Reads the proofs of several leaves in one query; the answers are in the order of the requests.
 * @throws AppError TREE_MISSING when a tree is not stored or smaller than said; AttentionOracleError LEAF_INDEX_OUT_OF_RANGE
 */
export async function readProofs(
  database: Pick<Pool | Client, 'query'>,
  requests: readonly ProofRequest[],
): Promise<StoredProof[]> {
  const steps = requests.flatMap((request, i) => {
    const siblings = proofPositions(request.leafCount, request.leafIndex, request.oddNode);
    return [{ level: 0, index: request.leafIndex }, ...siblings].map(({ level, index }, step) => {
      return { request: i, rootId: request.rootId, step, level, ...nodePlace(index) };
    });
  });
  if (steps.length === 0) return [];
  const { rows } = await database.query<NodeRow>({
    name: 'read-proofs',
    text: `select s.request, s.step, substring(t.nodes from s.first_byte for ${NODE_BYTES}) as node
     from unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[])
       as s(request, step, root_id, level, chunk, first_byte)
     left join tree_nodes t on t.root_id = s.root_id and t.level = s.level and t.chunk = s.chunk
     order by s.request, s.step`,
    values: [
      steps.map(({ request }) => request),
      steps.map(({ step }) => step),
      steps.map(({ rootId }) => rootId),
      steps.map(({ level }) => level),
      steps.map(({ chunk }) => chunk),
      steps.map(({ firstByte }) => firstByte),
    ],
  });
  const nodes: Uint8Array[][] = requests.map(() => []);
  for (const { request, node } of rows) {
    if (node === null || node.length !== NODE_BYTES) throw missing(requests[request]);
    nodes[request]?.push(new Uint8Array(node));
  }
  return nodes.map(([leaf, ...proof], i) => {
    if (leaf === undefined) throw missing(requests[i]);
    return { leaf, proof };
  });
}

/**
 * Reads the proof of one leaf.
 * @throws AppError TREE_MISSING; AttentionOracleError LEAF_INDEX_OUT_OF_RANGE
 */
export async function readProof(database: Pick<Pool | Client, 'query'>, request: ProofRequest): Promise<StoredProof> {
  const [found] = await readProofs(database, [request]);
  if (found === undefined) throw missing(request);
  return found;
}

function missing(request: ProofRequest | undefined): AppError {
  return new AppError(
    'TREE_MISSING',
    'The tree of this root is not stored. Proofs are served once roots.tree_state is built; is the sink running?',
    { retryable: true, context: { rootId: request?.rootId, leafIndex: request?.leafIndex } },
  );
}
