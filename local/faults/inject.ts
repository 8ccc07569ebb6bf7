/** Brings a fault over a process of the running platform. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, Injected } from './core/fault.ts';

/**
 * Injects a fault; one that freezes has thawed when it resolves. A process that ends meanwhile is left alone.
 * @param pidOf The process that runs under a name now.
 */
export async function inject(
  fault: Fault,
  pidOf: (name: string) => number | undefined,
  signal?: AbortSignal,
): Promise<Injected> {
  const pid = pidOf(fault.target);
  if (pid === undefined) return { ...fault, pid };
  if (fault.kind === 'kill') {
    send(pid, 'SIGKILL');
    return { ...fault, pid };
  }
  send(pid, 'SIGSTOP');
  try {
    await delay(fault.forMs, undefined, signal === undefined ? {} : { signal });
  } finally {
    send(pid, 'SIGCONT');
  }
  return { ...fault, pid };
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
