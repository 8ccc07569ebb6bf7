import type { Client } from '../../../runtime/postgres/pool.ts';

/** A root by what both topics call it. */
export interface RootKey {
  readonly channel: string;
  readonly epoch: number;
}

/**
 * Joins roots and attempts, whichever came first, and marks roots settled that are final on chain by the ledger. Of several
 * such attempts the first FINALIZED one is named, else the first ALREADY_SETTLED one.
 * Key: (channel, epoch, root); the outcome is a function of the two tables.
 */
export async function settleRoots(client: Client, keys: readonly RootKey[]): Promise<void> {
  if (keys.length === 0) return;
  const params = [keys.map(({ channel }) => channel), keys.map(({ epoch }) => epoch)];
  await client.query(
    `update settlement_log l set root_id = r.id
     from unnest($1::text[], $2::bigint[]) as k(channel, epoch)
     join roots r on r.channel = k.channel and r.epoch = k.epoch and r.recipe is not null
     where l.channel = r.channel and l.epoch = r.epoch and l.root = r.root and l.root_id is null`,
    params,
  );
  await client.query(
    `update roots r set status = 'settled', settled_at = s.settled_at, tx_signature = s.tx_signature
     from (
       select distinct on (l.root_id) l.root_id, l.settled_at, l.tx_signature
       from unnest($1::text[], $2::bigint[]) as k(channel, epoch)
       join settlement_log l on l.channel = k.channel and l.epoch = k.epoch
       where l.root_id is not null and l.status = 'confirmed'
       order by l.root_id, l.ledger_status = 'FINALIZED' desc, l.ledger_offset
     ) as s
     where r.id = s.root_id
       and (r.status, r.settled_at, r.tx_signature) is distinct from ('settled', s.settled_at, s.tx_signature)`,
    params,
  );
}
