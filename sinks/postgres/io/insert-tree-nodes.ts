import type { Client } from '../../../runtime/postgres/pool.ts';
import { chunksOf } from '../../../runtime/postgres/tree-chunks.ts';

/** Chunks a statement: half a MiB of nodes, which is written as text. */
const CHUNKS_AT_ONCE = 64;

/** Stores a tree. Key: (root_id, level, chunk); the root's lock makes it the only writer. */
export async function insertTreeNodes(
  client: Client,
  rootId: number,
  levels: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<void> {
  const rows = levels.flatMap((nodes, level) => chunksOf(nodes).map((bytes, chunk) => ({ level, chunk, bytes })));
  for (let start = 0; start < rows.length; start += CHUNKS_AT_ONCE) {
    signal.throwIfAborted();
    const some = rows.slice(start, start + CHUNKS_AT_ONCE);
    await client.query(
      `insert into tree_nodes (root_id, level, chunk, nodes)
       select $1, * from unnest($2::smallint[], $3::int[], $4::bytea[])`,
      [
        rootId,
        some.map(({ level }) => level),
        some.map(({ chunk }) => chunk),
        some.map(({ bytes }) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
      ],
    );
  }
}
