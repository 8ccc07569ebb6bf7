import { inTransaction, type Pool } from '../../../runtime/postgres/pool.ts';

const ROOTS_AT_ONCE = 5000;

/**
 * Notes which settled roots were seen on chain with their bytes, by which publications: those after a root's id, one portion, in
 * a transaction of its own. What is proven stays proven, so a note is never taken back.
 * Key: roots.id and published_roots.event_id; rows that somebody else is writing wait for the next look.
 * @returns id of the last root looked at; undefined when there was none.
 */
export async function noteSeenRoots(pool: Pool, afterId: number): Promise<number | undefined> {
  return inTransaction(pool, async (client) => {
    // The open ones are few among many, which statistics tell the planner too late.
    await client.query('set local enable_seqscan = off');
    const { rows } = await client.query<{ last: number | null }>(
      `with open as (
         select id, channel, epoch, root from roots
         where status = 'settled' and not publication_seen and recipe is not null and id > $1
         order by id limit $2 for no key update skip locked),
       seen as (
         select o.id, p.event_id from open o
         join published_roots p on p.channel = o.channel and p.epoch = o.epoch::numeric and p.proven and p.root = o.root),
       agreed as (update published_roots set agrees = true where event_id in (select event_id from seen)),
       noted as (update roots set publication_seen = true where id in (select id from seen))
       select max(id) as last from open`,
      [afterId, ROOTS_AT_ONCE],
    );
    return rows[0]?.last ?? undefined;
  });
}
