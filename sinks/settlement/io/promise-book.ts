/** What the workers of a deployment have promised of the treasury, in a table of the sink's database: the only thing that they write there. */

import { type Client, inTransaction, type Pool } from '../../../runtime/postgres/pool.ts';
import type { PromisedRoot, PromiseTerms } from '../core/policy/evidence.ts';
import type { PromiseBook } from './policy-evidence.ts';

/** Every worker's look at the rings is younger than this: what one saw there so long ago all see. */
const SHOWN_FOR = '10 minutes';
/** What is done by the ledger, and was never seen in a ring, has come and gone. */
const DONE_FOR = '1 hour';

export class PostgresPromises implements PromiseBook {
  readonly #pool: Pool;
  readonly #worker: string;

  /** @param worker Its id, for people who look. */
  constructor(pool: Pool, worker: string) {
    this.#pool = pool;
    this.#worker = worker;
  }

  /** Key: (channel, epoch, root). One at a time: two that looked at once would both find the money free. */
  promise(mine: PromisedRoot, terms: PromiseTerms): Promise<readonly PromisedRoot[]> {
    return inTransaction(this.#pool, async (client) => {
      await client.query("select pg_advisory_xact_lock(hashtext('settlement-promises/' || current_schema()))");
      await forgetDone(client);
      const others = (await promises(client)).filter((one) => !isSame(one, mine));
      await noteShown(client, others.filter(terms.isShown));
      const key = [mine.channel, mine.epoch.toString(), mine.root];
      await client.query('delete from settlement_promises where channel = $1 and epoch = $2 and root = $3', key);
      if (terms.fits(others)) {
        await client.query(
          'insert into settlement_promises (channel, epoch, root, amount, worker) values ($1, $2, $3, $4, $5)',
          [...key, mine.amount.toString(), this.#worker],
        );
      }
      return others;
    });
  }

  /** Key: (channel, epoch). Without the lock: money that is free sooner than somebody thinks does no harm. */
  async withdraw({ channel, epoch }: Pick<PromisedRoot, 'channel' | 'epoch'>): Promise<void> {
    await this.#pool.query('delete from settlement_promises where channel = $1 and epoch >= $2', [
      channel,
      epoch.toString(),
    ]);
  }
}

async function forgetDone(client: Client): Promise<void> {
  await client.query(
    `delete from settlement_promises p
     where p.shown_at < now() at time zone 'utc' - $1::interval
       or exists (select from settlement_log l
                  where l.channel = p.channel and l.epoch = p.epoch and l.root = p.root
                    and (l.ledger_status = 'CONFLICT'
                      or l.status = 'confirmed' and l.recorded_at < now() at time zone 'utc' - $2::interval))`,
    [SHOWN_FOR, DONE_FOR],
  );
}

async function promises(client: Client): Promise<PromisedRoot[]> {
  const { rows } = await client.query<Record<'channel' | 'epoch' | 'root' | 'amount', string>>(
    'select channel, epoch::text, root, amount::text from settlement_promises',
  );
  return rows.map(({ channel, epoch, root, amount }) => ({
    channel,
    root,
    epoch: BigInt(epoch),
    amount: BigInt(amount),
  }));
}

async function noteShown(client: Client, shown: readonly PromisedRoot[]): Promise<void> {
  if (shown.length === 0) return;
  await client.query(
    `update settlement_promises p set shown_at = now() at time zone 'utc'
     from unnest($1::text[], $2::numeric[], $3::text[]) as s(channel, epoch, root)
     where (p.channel, p.epoch, p.root) = (s.channel, s.epoch, s.root) and p.shown_at is null`,
    [shown.map(({ channel }) => channel), shown.map(({ epoch }) => epoch.toString()), shown.map(({ root }) => root)],
  );
}

function isSame(a: PromisedRoot, b: PromisedRoot): boolean {
  return a.channel === b.channel && a.epoch === b.epoch && a.root === b.root;
}
