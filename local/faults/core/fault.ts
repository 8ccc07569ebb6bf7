/** Something that befalls a process of a running platform. */

type FaultKind = 'kill' | 'freeze';

export interface Fault {
  /** Since the faults began, ms. */
  readonly atMs: number;
  readonly kind: FaultKind;
  /** Name of a process, e.g. `sink` or `kafka`. */
  readonly target: string;
  /** How long a frozen one stands still, ms; 0 for one that is killed. */
  readonly forMs: number;
}

/** What became of a fault. */
export interface Injected extends Fault {
  /** Process that it befell; undefined where none ran. */
  readonly pid: number | undefined;
}
