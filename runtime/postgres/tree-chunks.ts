/** How trees lie in table tree_nodes: each level cut into chunks of so many nodes. Writer and reader share it. */

/** Nodes of a full chunk; a contract with the stored rows. */
export const NODES_PER_CHUNK = 256;
/** Bytes of a node. */
export const NODE_BYTES = 32;

/** Where a node lies. */
export interface NodePlace {
  readonly chunk: number;
  /** First byte in the chunk, from 1 as SQL counts. */
  readonly firstByte: number;
}

export function nodePlace(index: number): NodePlace {
  const chunk = Math.floor(index / NODES_PER_CHUNK);
  return { chunk, firstByte: (index - chunk * NODES_PER_CHUNK) * NODE_BYTES + 1 };
}

/** The chunks of a level, in order, without copying. */
export function chunksOf(level: Uint8Array): Uint8Array[] {
  const bytes = NODES_PER_CHUNK * NODE_BYTES;
  return Array.from({ length: Math.ceil(level.length / bytes) }, (_, i) => level.subarray(i * bytes, (i + 1) * bytes));
}
