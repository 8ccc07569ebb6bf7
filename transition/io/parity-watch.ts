/** Compares again and again; what differs, or cannot be told, is held with its reasons. */

import { setTimeout as delay } from 'node:timers/promises';
import { AppError, messageOf } from '../../runtime/errors.ts';
import type { Holds } from '../../runtime/holds.ts';
import type { Logger } from '../../runtime/logging.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import type { ParityRow } from '../core/parity.ts';
import { compareWithLegacy, totalsOf } from './compare.ts';
import { openLegacy } from './legacy-connection.ts';
import { readLegacyLeaves, readLegacyTables } from './legacy-tables.ts';
import type { ParityMetrics } from './parity-metrics.ts';

export interface ParityWatchOptions {
  readonly pool: Pool;
  readonly legacyUrl: string;
  readonly legacySchema: string;
  readonly since: bigint;
  readonly intervalMs: number;
  readonly holds: Holds;
  readonly log: Logger;
  readonly metrics: ParityMetrics;
}

const SUBJECT = 'parity';
/** Rows that a sentence names; `ao parity` shows all. */
const NAMED = 3;

export class ParityWatch {
  readonly #options: ParityWatchOptions;
  #compared = false;

  constructor(options: ParityWatchOptions) {
    this.#options = options;
  }

  /** Whether the last try has compared. */
  get hasCompared(): boolean {
    return this.#compared;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#compare();
      await delay(this.#options.intervalMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #compare(): Promise<void> {
    const { pool, legacyUrl, legacySchema, since, holds, log, metrics } = this.#options;
    try {
      const client = await openLegacy(legacyUrl);
      const rows = await readLegacyTables(client, legacySchema, since)
        .then((legacy) => compareWithLegacy(pool, legacy, since, readLegacyLeaves(client, legacySchema)))
        .finally(() => client.end());
      const totals = totalsOf(rows);
      metrics.done(totals);
      this.#compared = true;
      log.info(totals, 'compared with the legacy system');
      const open = rows.filter(({ verdict }) => verdict !== 'equal');
      if (rows.length > 0 && open.length === 0) holds.release(SUBJECT);
      else holds.hold(SUBJECT, new AppError('PARITY_DIFFERS', sentenceOf(open)));
    } catch (error) {
      this.#compared = false;
      metrics.failed();
      log.warn({ err: error }, 'not compared with the legacy system');
      holds.hold(SUBJECT, new AppError('PARITY_DIFFERS', `Not compared: ${messageOf(error)}`, { cause: error }));
    }
  }
}

function sentenceOf(open: readonly ParityRow[]): string {
  if (open.length === 0) return 'Neither side has a root to compare yet.';
  // What differs is said before what is uncertain.
  const named = [...open]
    .sort((a, b) => (a.verdict === b.verdict ? 0 : a.verdict === 'differs' ? -1 : 1))
    .slice(0, NAMED);
  const list = named.map(
    ({ channel, epoch, verdict, reasons }) => `${channel}, epoch ${epoch}: ${verdict} (${reasons.join('; ')})`,
  );
  return `${open.length} roots are not shown to be the legacy system's. ${list.join('. ')}. \`ao parity\` shows all.`;
}
