/**
 * Has the legacy aggregator seal the epochs that it has wholly: the real one goes by a timer, and what it misses is its fault, not one
 * that parity could tell from ours.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { type KafkaAdmin, withAdmin } from '../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';

const LOOK_MS = 200;

export interface SealsInput {
  readonly kafka: KafkaClient;
  readonly streamTopic: string;
  readonly webhookGroup: string;
  readonly partitions: number;
  readonly ours: () => pg.Pool;
  readonly legacy: pg.Pool;
  readonly aggregatorUrl: string;
  readonly token: string;
  readonly epochBase: number;
  readonly slotsPerEpoch: number;
}

export class Seals {
  readonly #input: SealsInput;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #lastError: unknown;

  constructor(input: SealsInput) {
    this.#input = input;
    this.#running = this.#run();
  }

  /** Why it has not sealed, for a message. */
  get lastError(): unknown {
    return this.#lastError;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      // The aggregator is stopped and started in the course of the rehearsal.
      await this.#pass().catch((error: unknown) => {
        this.#lastError = error;
      });
      await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #pass(): Promise<void> {
    const epochs = await this.#provenEpochs();
    if (epochs.length === 0 || (await this.#waiting()) === undefined) return;
    // Whatever belongs to them is on the topic by now: once it is pushed, and worked off, the aggregator has it.
    await withAdmin(this.#input.kafka, (admin) => this.#pushed(admin));
    while ((await this.#waiting()) !== 0) await this.#pause();
    if (!(await this.#areMadeHere(epochs))) return;
    await this.#post('/seal', { epochs });
  }

  /** Epochs that every partition has proven and the legacy system has no root of. */
  async #provenEpochs(): Promise<number[]> {
    const { ours, legacy, partitions, epochBase, slotsPerEpoch } = this.#input;
    const { rows } = await ours().query<{ end: string }>(
      'select max(to_slot)::text as end from coverage group by stream_partition',
    );
    if (rows.length < partitions) return [];
    const last = epochBase + Math.floor((Math.min(...rows.map(({ end }) => Number(end))) + 1) / slotsPerEpoch) - 1;
    const { rows: open } = await legacy.query<{ epoch: string }>(
      `select distinct t.epoch from taken t where t.claimer is not null and t.epoch <= $1
         and not exists (select from roots r where r.epoch = t.epoch) order by 1`,
      [last],
    );
    return open.map(({ epoch }) => Number(epoch));
  }

  async #pushed(admin: KafkaAdmin): Promise<void> {
    const { streamTopic, webhookGroup } = this.#input;
    const ends = await admin.bounds(streamTopic);
    for (;;) {
      const committed = (await admin.committed(webhookGroup, [streamTopic])).get(streamTopic);
      const isDone = [...ends].every(([partition, { high }]) => (committed?.get(partition)?.offset ?? 0n) >= high);
      if (isDone) return;
      await this.#pause();
    }
  }

  /** Our sink has made all roots of them again, so that both sides can be compared. */
  async #areMadeHere(epochs: readonly number[]): Promise<boolean> {
    const { ours, legacy } = this.#input;
    const { rows: wanted } = await legacy.query<{ key: string }>(
      "select distinct epoch || ' ' || channel as key from taken where claimer is not null and epoch = any($1)",
      [epochs],
    );
    const { rows: made } = await ours().query<{ key: string }>(
      "select epoch || ' ' || channel as key from roots where tree_state = 'built' and epoch = any($1)",
      [epochs],
    );
    const keys = new Set(made.map(({ key }) => key));
    return wanted.every(({ key }) => keys.has(key));
  }

  /** Events in the aggregator's queue; undefined while it is away. */
  async #waiting(): Promise<number | undefined> {
    const response = await fetch(`${this.#input.aggregatorUrl}/health`).catch(() => undefined);
    if (response?.ok !== true) return undefined;
    return ((await response.json()) as { queue: number }).queue;
  }

  async #post(path: string, body: object): Promise<void> {
    const { aggregatorUrl, token } = this.#input;
    const response = await fetch(`${aggregatorUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-internal-token': token },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    this.#lastError = undefined;
  }

  async #pause(): Promise<void> {
    await delay(LOOK_MS, undefined, { signal: this.#stopping.signal });
  }
}
