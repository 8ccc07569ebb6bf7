/** Work that follows from the rows alone, beside the consuming: trees, settled claims, alarms. Bounded by what waits in the database. */

import { backoffMs } from '../../../runtime/backoff.ts';
import { codeOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/logging.ts';
import type { Pool } from '../../../runtime/postgres/pool.ts';
import { buildNextTree } from './build-tree.ts';
import { countAlarms } from './count-alarms.ts';
import type { SinkMetrics } from './metrics.ts';
import { noteSeenRoots } from './note-seen-roots.ts';
import { settleClaims } from './settle-claims.ts';

const IDLE_POLL_MS = 1000;
const ALARM_POLL_MS = 10_000;

export interface TreeLoopOptions {
  readonly pool: Pool;
  readonly streamTopic: string;
  readonly log: Logger;
  readonly metrics: SinkMetrics;
}

export class TreeLoop {
  readonly #options: TreeLoopOptions;
  readonly #abort = new AbortController();
  #wake: (() => void) | undefined;
  #woken = false;
  #running: Promise<void> | undefined;
  #alarmsAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: TreeLoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Something was written that may have made a root ready. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** Ends at the next statement; what was under way is rolled back and done again later. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    let failures = 0;
    while (!signal.aborted) {
      try {
        this.#woken = false;
        await this.#workThroughAll();
        failures = 0;
        if (!this.#woken) await this.#pause(IDLE_POLL_MS);
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        this.#options.log.error({ err: error, code: codeOf(error) }, 'building trees failed, trying again');
        await this.#pause(backoffMs(failures, 200, 10_000));
      }
    }
  }

  async #workThroughAll(): Promise<void> {
    const { pool, streamTopic, log, metrics } = this.#options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const outcome = await buildNextTree(pool, streamTopic, log, signal);
      if (outcome === 'nothing') break;
      metrics.trees.inc({ outcome });
      this.#alarmsAtMs = Number.NEGATIVE_INFINITY;
    }
    while (!signal.aborted && (await settleClaims(pool)));
    if (signal.aborted || performance.now() - this.#alarmsAtMs < ALARM_POLL_MS) return;
    for (let last: number | undefined = 0; last !== undefined && !signal.aborted; )
      last = await noteSeenRoots(pool, last);
    const alarms = await countAlarms(pool);
    metrics.alarms.set({ kind: 'not_seen' }, alarms.notSeen);
    metrics.alarms.set({ kind: 'other_bytes' }, alarms.otherBytes);
    metrics.rootMismatch.set(alarms.mismatches);
    metrics.epochGaps.set(alarms.epochGaps);
    this.#alarmsAtMs = performance.now();
  }

  #pause(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, durationMs);
      this.#wake = done;
      if (this.#abort.signal.aborted) done();
    });
  }
}
