import type { Client } from '../../../runtime/postgres/pool.ts';
import type { StoredClaim } from '../core/tree.ts';
import type { UnbuiltRoot } from './take-unbuilt-root.ts';

type Row = [number, string, number, string, string, string, string];

/** The claims that a root was made of: proven by records up to its watermark. In no order. */
export async function readRootClaims(client: Client, root: UnbuiltRoot): Promise<StoredClaim[]> {
  const { rows } = await client.query<Row>({
    rowMode: 'array',
    text: `select id, event_id, slot, signature, user_pubkey, amount, claim_id from claims
     where epoch = $1 and channel = $2 and stream_partition = $3 and proven_offset <= $4`,
    values: [root.epoch, root.channel, root.sourcePartition, root.sourceOffset],
  });
  return rows.map(([rowId, eventId, slot, signature, claimer, amount, id]) => {
    return { rowId, eventId, slot, signature, claimer, amount: BigInt(amount), id };
  });
}
