/** Where in a stored tree a path begins, found by walking the tree from its root down along the path's nodes. */

import { levelSizes } from '@attention-oracle/sdk';
import type { Pool } from '../../../runtime/postgres/pool.ts';
import { NODE_BYTES, NODES_PER_CHUNK } from '../../../runtime/postgres/tree-chunks.ts';
import type { RootView } from '../../core/views.ts';

/**
 * @param nodes What the path comes to, from the leaf up to the root, both included: one more than the path has siblings.
 * @returns index of the leaf; undefined where the tree has no such path from its root to a leaf.
 */
export async function leafPosition(
  pool: Pool,
  root: RootView,
  nodes: readonly Uint8Array[],
): Promise<number | undefined> {
  const levels = levelSizes(root.count);
  const { rows } = await pool.query<{ node_index: number }>({
    name: 'leaf-position',
    // A lonely last node that is moved up unchanged is the same node one level below: it takes no step of the path.
    text: `with recursive walk(level, node_index, step) as (
       select $2::int, 0, $3::int
       union all
       select w.level - 1, below.node_index, w.step - case when below.moved_up then 0 else 1 end
       from walk w
       cross join lateral (
         select $6::boolean and 2 * w.node_index + 1 = ($4::int[])[w.level] as moved_up,
                substring(t.nodes from ((2 * w.node_index) % ${NODES_PER_CHUNK}) * ${NODE_BYTES} + 1 for ${NODE_BYTES}) as left_node,
                substring(t.nodes from ((2 * w.node_index) % ${NODES_PER_CHUNK} + 1) * ${NODE_BYTES} + 1 for ${NODE_BYTES}) as right_node
         from tree_nodes t
         where t.root_id = $1 and t.level = w.level - 1 and t.chunk = 2 * w.node_index / ${NODES_PER_CHUNK}
       ) as children
       cross join lateral (
         select children.moved_up,
                case when children.moved_up then 2 * w.node_index
                     when children.left_node = ($5::bytea[])[w.step] then 2 * w.node_index
                     when children.right_node = ($5::bytea[])[w.step] then 2 * w.node_index + 1 end as node_index
       ) as below
       where w.level > 0 and (w.step > 0 or children.moved_up) and below.node_index is not null
     )
     select node_index from walk where level = 0 and step = 0`,
    values: [
      root.rowId,
      levels.length - 1,
      nodes.length - 1,
      // Nodes of the level below each: element n of the array is the size of level n - 1.
      levels.slice(0, -1),
      nodes.slice(0, -1).map((node) => Buffer.from(node)),
      root.oddNode === 'PROMOTE',
    ],
  });
  return rows[0]?.node_index;
}
