import type { Client } from '../../../runtime/postgres/pool.ts';
import type { UnbuiltRoot } from './take-unbuilt-root.ts';

/** Ends the building of a root's tree. Key: roots.id. */
export async function finishTree(client: Client, root: UnbuiltRoot, state: 'built' | 'mismatch'): Promise<void> {
  await client.query('update roots set tree_state = $2, claims_settled = $3 where id = $1', [
    root.id,
    state,
    state === 'built' && root.status === 'settled',
  ]);
}
