import type { Client } from '../../../runtime/postgres/pool.ts';

/** A root whose claims are all in the database and whose tree is not. */
export interface UnbuiltRoot {
  readonly id: number;
  readonly channel: string;
  readonly epoch: number;
  readonly root: string;
  readonly count: number;
  readonly recipe: string;
  readonly oddNode: string;
  readonly status: 'ready_for_settlement' | 'settled';
  readonly sourcePartition: number;
  readonly sourceOffset: number;
}

/**
 * Locks the next root to build; undefined when there is none that another member is not at already.
 * Key: the row's lock; the root stays unbuilt until the transaction that takes it commits.
 */
export async function takeUnbuiltRoot(client: Client, streamTopic: string): Promise<UnbuiltRoot | undefined> {
  const { rows } = await client.query<UnbuiltRoot>(
    `select r.id, r.channel, r.epoch, r.root, r.count, r.recipe, r.odd_node as "oddNode", r.status,
            r.source_partition as "sourcePartition", r.source_offset as "sourceOffset"
     from roots r
     join sink_offsets o on o.topic = $1 and o.partition = r.source_partition and o.highest_offset > r.source_offset
     where r.tree_state = 'pending' and r.recipe is not null
     order by r.id limit 1 for no key update of r skip locked`,
    [streamTopic],
  );
  return rows[0];
}
