/** The rows of a platform without what differs from run to run: serial ids, offsets, the time of this run, who saw it. */

import type { Platform } from './platform.ts';

const QUERIES = {
  // Whether a root is settled already is the settlement's doing, not the sink's.
  claims: `select event_id, channel, user_pubkey, slot, claim_timestamp, replace(status, 'settled', 'included') as status,
      signature, epoch, claim_epoch, claim_index, amount, claim_id, protocol_state, commitment, proven, leaf_index,
      (select r.channel || '/' || r.epoch from roots r where r.id = root_id) as root
    from claims order by event_id`,
  roots: `select channel, epoch, root, count, recipe, odd_node, start_slot, end_slot, tree_state
    from roots order by epoch, channel`,
  epochs: 'select epoch, start_slot, end_slot from epochs order by epoch',
  published_roots: `select event_id, signature, channel, epoch, root, slot, published_at, protocol_state, status,
      commitment, proven
    from published_roots order by event_id`,
  tree_nodes: `select r.channel, r.epoch, level, chunk, encode(nodes, 'hex') as nodes
    from tree_nodes join roots r on r.id = root_id order by r.epoch, r.channel, level, chunk`,
} as const;

export type TableDump = Readonly<Record<keyof typeof QUERIES, readonly unknown[]>>;

export async function dumpTables(platform: Platform): Promise<TableDump> {
  const dump: Partial<Record<keyof typeof QUERIES, unknown[]>> = {};
  for (const table of Object.keys(QUERIES) as (keyof typeof QUERIES)[])
    dump[table] = await platform.rows(QUERIES[table]);
  return dump as TableDump;
}
