/** What reading a transaction and writing its events needs, on either path. */

import type { ChainReader, Clock, Observer } from '../ports.ts';
import type { ListenerState } from './listener-state.ts';
import type { WriteQueue } from './write-queue.ts';

export interface EmissionPorts {
  readonly chain: ChainReader;
  readonly queue: WriteQueue;
  readonly state: ListenerState;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: Observer;
  readonly signal: AbortSignal;
}
