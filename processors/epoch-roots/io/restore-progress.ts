/** A state that is being rebuilt: from when on, up to where, and how long it took. */

import type { Logger } from '../../../runtime/logging.ts';
import type { PartitionState } from '../core/partition-state.ts';
import type { ProcessorMetrics } from './metrics.ts';

export interface RestoreProgressPorts {
  readonly metrics: Pick<ProcessorMetrics, 'restoreSeconds'>;
  readonly log: Logger;
  readonly now: () => number;
}

export class RestoreProgress {
  readonly #ports: RestoreProgressPorts;
  readonly #partition: number;
  #target = 0;
  /** Undefined while nothing is being rebuilt. */
  #startedMs: number | undefined;

  constructor(ports: RestoreProgressPorts, partition: number) {
    this.#ports = ports;
    this.#partition = partition;
  }

  get isDone(): boolean {
    return this.#startedMs === undefined;
  }

  /** Position that the state must reach. */
  get target(): number {
    return this.#target;
  }

  begin(startedMs: number, target: number): void {
    this.#startedMs = startedMs;
    this.#target = target;
  }

  /** Tells, once, of a state that has come as far as it must. */
  note(state: PartitionState | undefined): void {
    if (state === undefined || this.#startedMs === undefined || state.position < this.#target) return;
    const { metrics, log, now } = this.#ports;
    const durationMs = now() - this.#startedMs;
    this.#startedMs = undefined;
    metrics.restoreSeconds.observe(durationMs / 1000);
    const { position, openClaims } = state;
    log.info({ partition: this.#partition, position, openClaims, durationMs }, 'partition restored');
  }
}
