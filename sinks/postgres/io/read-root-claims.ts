import type { Client } from '../../../runtime/postgres/pool.ts';
import type { StoredClaim } from '../core/tree.ts';
import type { UnbuiltRoot } from './take-unbuilt-root.ts';

type Row = [number, string, number, string, string, string];

const CLAIMS_AT_ONCE = 2000;

/**
 * The claims that a root was made of: proven by records up to its watermark. Ascending by slot; portion by portion, so that the
 * process does other work between them and never holds a million rows. Within a transaction, which is of no use any more when it throws.
 */
export async function* readRootClaims(client: Client, root: UnbuiltRoot): AsyncGenerator<StoredClaim[]> {
  // A cursor's query takes no parameters.
  await client.query(
    `declare root_claims no scroll cursor for
     select id, event_id, slot, user_pubkey, amount, claim_id from claims
     where epoch = ${Number(root.epoch)} and channel = ${client.escapeLiteral(root.channel)}
       and stream_partition = ${Number(root.sourcePartition)} and proven_offset <= ${Number(root.sourceOffset)}
     order by slot`,
  );
  for (;;) {
    const { rows } = await client.query<Row>({ rowMode: 'array', text: `fetch ${CLAIMS_AT_ONCE} from root_claims` });
    yield rows.map(([rowId, eventId, slot, claimer, amount, id]) => {
      const signature = eventId.slice(0, eventId.indexOf('/'));
      return { rowId, eventId, slot, signature, claimer, amount: BigInt(amount), id };
    });
    if (rows.length < CLAIMS_AT_ONCE) break;
  }
  await client.query('close root_claims');
}
