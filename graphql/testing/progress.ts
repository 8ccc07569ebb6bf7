/** Waiting for what a gateway should do, judged by what else it does meanwhile: a part that does nothing fails a test, it does not hang it. */

import { setTimeout as delay } from 'node:timers/promises';
import type { RunningGateway } from './rig.ts';

/** A feed asks the database about as often as this waits; so many answers later what is stored was told, or never will be. */
const MOST_ANSWERS = 120;
const POLL_MS = 50;
let asked = 0;

/**
 * Waits until it is so. Only answers that the gateway reads from the database count: while that is away, nothing is judged.
 * @throws Error naming `what` when the gateway has read the database again and again and it is not so.
 */
export async function promptly(
  gateway: RunningGateway,
  what: string,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  for (let answers = 0; answers < MOST_ANSWERS; ) {
    if (await isSo()) return;
    asked += 1;
    const { body } = await gateway.ask(`{ root(channel: "nobody asks for this", epoch: ${asked}) { root } }`);
    if (body.errors === undefined) answers += 1;
    await delay(POLL_MS);
  }
  if (!(await isSo()))
    throw new Error(`${what}: not so, although the gateway has read the database ${MOST_ANSWERS} times meanwhile`);
}
