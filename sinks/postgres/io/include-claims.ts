import type { Client } from '../../../runtime/postgres/pool.ts';
import type { Leaves } from '../core/tree.ts';
import type { UnbuiltRoot } from './take-unbuilt-root.ts';

const CLAIMS_AT_ONCE = 10_000;

/** Gives claims their root and leaf. Key: claims.id; a claim is in at most one root. */
export async function includeClaims(
  client: Client,
  root: UnbuiltRoot,
  { rowIds, leafIndexes }: Leaves,
  signal: AbortSignal,
): Promise<void> {
  for (let start = 0; start < rowIds.length; start += CLAIMS_AT_ONCE) {
    signal.throwIfAborted();
    const end = start + CLAIMS_AT_ONCE;
    await client.query(
      `update claims c set root_id = $1, leaf_index = l.leaf_index, status = $2
       from unnest($3::int[], $4::int[]) as l(id, leaf_index) where c.id = l.id`,
      [
        root.id,
        root.status === 'settled' ? 'settled' : 'included',
        rowIds.slice(start, end),
        leafIndexes.slice(start, end),
      ],
    );
  }
}
