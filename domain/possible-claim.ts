/** What may be a claim although this release does not know its action. Pure. */

import type { StreamEvent } from '../schemas/records.ts';

/**
 * Whether an event of an action that only a newer release knows could be a claim: then it must be counted by a release that
 * knows it, or not at all.
 * @param action As the newer release calls it.
 */
export function couldBeClaim({ instruction }: Pick<StreamEvent, 'instruction'>, action: string): boolean {
  const { name, data } = instruction;
  return data.claimer !== null || /claim/i.test(name) || /claim/i.test(action);
}
