/** Reads of the sink's tables, for policies. Nothing is written. */

import { AppError } from '../../../runtime/errors.ts';
import type { Pool } from '../../../runtime/postgres/pool.ts';
import type { PipelineView, Publisher } from '../core/policy/policy.ts';
import type { ProvenSlots } from '../core/policy/proven-slots.ts';
import type { RootToSettle } from '../core/root-job.ts';
import type { SinkTables, SlotOfChannel } from './policy-evidence.ts';

interface OwedRow {
  readonly owed: string | null;
}

export class PostgresSinkTables implements SinkTables {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Only roots whose tree the sink has made again, and whose leaves have amounts and are all stored. */
  async owed(slots: readonly SlotOfChannel[]): Promise<(bigint | undefined)[]> {
    const { rows } = await this.#pool.query<OwedRow>({
      name: 'settlement-owed',
      // A bitmap's bits are numbered from the lowest of its first byte on, as get_bit does.
      text: `select case when leaves.stored = r.count then leaves.owed::text end as owed
       from unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[]) with ordinality as s(channel, epoch, root, claimed, n)
       left join roots r on r.channel = s.channel and r.epoch = s.epoch and r.root = s.root and r.recipe is not null
         and r.tree_state = 'built' and r.recipe <> 'participation'
       left join lateral (
         select count(*) as stored,
           coalesce(sum(c.amount) filter (
             where case when c.leaf_index < 8 * length(s.claimed) then get_bit(s.claimed, c.leaf_index) = 0 else false end), 0) as owed
         from claims c where c.root_id = r.id and c.epoch = r.epoch and c.channel = r.channel) leaves on true
       order by s.n`,
      values: [
        slots.map(({ channel }) => channel),
        // Of an epoch that the column cannot hold no root is stored.
        slots.map(({ epoch }) => (epoch < 2n ** 63n ? epoch.toString() : null)),
        slots.map(({ root }) => root),
        slots.map(({ claimed }) => Buffer.from(claimed)),
      ],
    });
    return rows.map(({ owed }) => (owed === null ? undefined : BigInt(owed)));
  }

  async channels(): Promise<string[]> {
    const { rows } = await this.#pool.query<{ channel: string }>(
      'select distinct channel from roots where recipe is not null',
    );
    return rows.map(({ channel }) => channel);
  }

  async tree({ channel, epoch, root }: RootToSettle): Promise<PipelineView['tree']> {
    const { rows } = await this.#pool.query<{ root: string; tree_state: 'built' | 'pending' | 'mismatch' }>(
      'select root, tree_state from roots where channel = $1 and epoch = $2 and recipe is not null',
      [channel, epoch.toString()],
    );
    const [row] = rows;
    if (row === undefined) return 'missing';
    return row.root === root ? row.tree_state : 'otherRoot';
  }

  /** @throws AppError POLICY_UNKNOWN where the table of cut-overs has no row. */
  async publisher(): Promise<Publisher> {
    const { rows } = await this.#pool.query<{ publisher: Publisher }>('select publisher from cutover');
    if (rows[0] === undefined) throw new AppError('POLICY_UNKNOWN', 'the table cutover has no row');
    return rows[0].publisher;
  }

  async proven(): Promise<ProvenSlots[]> {
    const { rows } = await this.#pool.query<ProvenSlots>(
      'select stream_partition as partition, from_slot as "fromSlot", to_slot as "toSlot" from coverage',
    );
    return rows;
  }
}
