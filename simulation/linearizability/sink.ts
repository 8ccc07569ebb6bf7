/** Settles roots as the sink stores it: everything of a settlement in one transaction, with how far the ledger is stored. */

import type { Pool } from '../../runtime/postgres/pool.ts';
import { inTransaction } from '../../runtime/postgres/pool.ts';
import { until } from '../../tests/testing/until.ts';

/** First slot that is proven. */
const FIRST_SLOT = 1000;

export interface Root {
  readonly channel: string;
  readonly epoch: number;
}

export const rootOf = (root: number): Root => ({ channel: `lin-${root}`, epoch: 1 });
export const rootNumber = (channel: string): number => Number(channel.slice('lin-'.length));
/** A version as clients see it. */
export const signatureOf = (version: number): string => `version-${version}`;
export const versionOf = (signature: string | null | undefined): number =>
  signature == null ? 0 : Number(signature.slice('version-'.length));

export class Settler {
  readonly #pool: Pool;
  readonly #topic: string;
  readonly #partitions: number;
  /** Settlements so far: the offset of the next one. */
  #settled = 0;

  /** @param partitions Of the event topic. */
  constructor(pool: Pool, topic: string, partitions: number) {
    this.#pool = pool;
    this.#topic = topic;
    this.#partitions = partitions;
  }

  /** Roots that are not settled yet, in tables where nothing is proven but the first slot. */
  async prepare(roots: number): Promise<void> {
    await this.#pool.query(
      `insert into roots (epoch, channel, root, count, finalized_at, status, recipe, odd_node, start_slot, end_slot, finalized_slot,
         source_partition, source_offset, record_partition, record_offset, tree_state)
       select 1, 'lin-' || n, lpad(to_hex(n), 64, '0'), 1, '2026-01-01', 'ready_for_settlement', 'claim-v0', 'duplicate', 10, 19, 20, 0, 1, 0, n,
         'pending' from generate_series(0, $1::int - 1) n`,
      [roots],
    );
    await this.#pool.query(
      'insert into sink_offsets (topic, partition, next_offset, highest_offset) values ($1, 0, 0, 0)',
      [this.#topic],
    );
    await this.#pool.query(
      `insert into coverage (stream_partition, source, method, endpoint, from_slot, to_slot, block_time, watermarks, signatures, last_offset)
       select p, 'listener', 'signature-walk', 'rpc.example', $1, $1, '2026-01-01', 1, 1, 1 from generate_series(0, $2::int - 1) p`,
      [FIRST_SLOT, this.#partitions],
    );
  }

  /**
   * Stores a version, again and again until the database says that it has it.
   * @returns the slot by which it is proven
   */
  async settle(root: number, version: number): Promise<number> {
    const offset = this.#settled;
    const slot = FIRST_SLOT + 1 + offset;
    await until(`settlement ${offset} is stored`, async () => {
      await this.#store(root, version, offset, slot);
      return true;
    });
    this.#settled += 1;
    return slot;
  }

  async #store(root: number, version: number, offset: number, slot: number): Promise<void> {
    const { channel, epoch } = rootOf(root);
    await inTransaction(this.#pool, async (client) => {
      const { rows } = await client.query<{ root: string }>(
        `update roots set status = 'settled', settled_at = '2026-01-01', tx_signature = $3 where channel = $1 and epoch = $2 returning root`,
        [channel, epoch, signatureOf(version)],
      );
      await client.query(
        `insert into settlement_steps (ledger_partition, ledger_offset, channel, epoch, root, status, attempt, tx_signature, slot, recorded_at)
         values (0, $1, $2, $3, $4, 'FINALIZED', $5, $6, $7, '2026-01-01') on conflict do nothing`,
        [offset, channel, epoch, rows[0]?.root, version, signatureOf(version), slot],
      );
      await client.query(
        'update sink_offsets set next_offset = $2, highest_offset = $2 where topic = $1 and partition = 0',
        [this.#topic, offset + 1],
      );
      await client.query('update coverage set to_slot = $1', [slot]);
    });
  }
}
