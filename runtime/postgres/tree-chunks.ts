/** How trees lie in table tree_nodes: each level cut into chunks of so many nodes. Writer and reader share it. */

/** Nodes of a full chunk; a contract with the stored rows. */
export const NODES_PER_CHUNK = 256;
/** Bytes of a node. */
export const NODE_BYTES = 32;

/** The chunks of a level, in order, without copying. */
export function chunksOf(level: Uint8Array): Uint8Array[] {
  const bytes = NODES_PER_CHUNK * NODE_BYTES;
  return Array.from({ length: Math.ceil(level.length / bytes) }, (_, i) => level.subarray(i * bytes, (i + 1) * bytes));
}
