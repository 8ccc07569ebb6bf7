/** The contents of the tables without what depends on the order of arrival or on batches: serial ids, times of writing, changed_offset. */

import type { Pool } from '../../../runtime/postgres/pool.ts';

const QUERIES: Readonly<Record<string, string>> = {
  claims: `select c.event_id, c.signature, c.channel, c.user_pubkey, c.slot, c.claim_timestamp, c.status, c.epoch, c.claim_epoch,
      c.claim_index, c.amount, c.claim_id, c.protocol_state, c.commitment, c.proven, c.vouchers, c.sightings, c.unproven_slot,
      c.stream_partition, c.stream_offset, c.proven_offset, r.channel as root_channel, r.epoch as root_epoch, c.leaf_index
    from claims c left join roots r on r.id = c.root_id order by c.event_id`,
  publications: `select event_id, signature, channel, epoch, root, slot, published_at, protocol_state, status, commitment, proven,
      vouchers, sightings, unproven_slot, stream_partition, stream_offset, proven_offset from published_roots order by event_id`,
  sightings: 'select * from publication_sightings order by event_id, source',
  roots: `select epoch, channel, root, count, finalized_at, status, recipe, odd_node, start_slot, end_slot, finalized_slot,
      source_partition, source_offset, record_partition, record_offset, tree_state, settled_at, tx_signature, claims_settled
    from roots order by channel, epoch`,
  trees: `select r.channel, r.epoch, t.level, t.chunk, encode(t.nodes, 'hex') as nodes
    from tree_nodes t join roots r on r.id = t.root_id order by 1, 2, 3, 4`,
  epochs: 'select * from epochs order by epoch',
  coverage: 'select * from coverage order by stream_partition, source, method, endpoint, from_slot',
  gaps: 'select * from coverage_gaps order by stream_partition, from_slot',
  settlements: `select l.tx_signature, l.settled_at, l.status, l.error_message, l.ledger_status, l.channel, l.epoch, l.root, l.attempt,
      l.slot, l.fee_lamports, l.compute_units, l.last_valid_block_height, l.recorded_at, l.worker, l.ledger_partition,
      l.ledger_offset, r.root as settles
    from settlement_log l left join roots r on r.id = l.root_id order by l.ledger_partition, l.ledger_offset`,
  refused: 'select event_id, stream_partition, stream_offset from refused_events order by event_id',
  steps: 'select * from settlement_steps order by ledger_partition, ledger_offset',
  positions: 'select topic, partition, next_offset from sink_offsets order by topic, partition',
};

export type Dump = Record<string, Record<string, unknown>[]>;

export async function dump(pool: Pool): Promise<Dump> {
  const result: Dump = {};
  for (const [name, query] of Object.entries(QUERIES)) {
    result[name] = (await pool.query<Record<string, unknown>>(query)).rows;
  }
  return result;
}
