/** Which part is struck when, and how: from a seed alone. Pure. */

import { SeededRandom } from '../../simulation/random.ts';

/** What may be killed of a running `npm start`: every role of the platform and its parts. The chain and its users are the world outside. */
export const ROLES = ['listen', 'process', 'sink', 'settle', 'gateway', 'lag-exporter'] as const;
export const PARTS = ['kafka', 'registry', 'postgres'] as const;
export type Target = (typeof ROLES)[number] | (typeof PARTS)[number];

export interface Blow {
  readonly target: Target;
  /** Since the last one, ms. */
  readonly pauseMs: number;
  /** How long it is stopped, ms; undefined: killed. */
  readonly frozenMs: number | undefined;
}

/** One blow of so many freezes. */
const FREEZE_SHARE = 0.1;

/**
 * Goes through all targets in one order after another, so that none is left out.
 * @param sessionMs How long a member of a group may be silent: who is frozen is frozen for longer.
 */
export function planOf(seed: number, kills: number, sessionMs: number): Blow[] {
  const random = new SeededRandom(seed);
  const targets: Target[] = [];
  while (targets.length < kills) targets.push(...random.shuffled([...ROLES, ...PARTS]));
  // One is frozen whatever chance says, if there are several.
  const frozen = kills > 1 ? random.between(0, kills - 1) : -1;
  return targets.slice(0, kills).map((target, index) => ({
    target,
    pauseMs: random.between(0, 4000),
    frozenMs: index === frozen || random.chance(FREEZE_SHARE) ? sessionMs + random.between(1000, 5000) : undefined,
  }));
}
