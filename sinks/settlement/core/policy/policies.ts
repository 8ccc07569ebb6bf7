/** The policies in the order in which they are asked: what costs nothing to know first, what waits for people before what waits for time. */

import { amountGuardPolicy } from './amount-guard.ts';
import { type ChannelListSettings, channelListPolicy } from './channel-list.ts';
import { claimWindowPolicy } from './claim-window.ts';
import { type CountGuardSettings, countGuardPolicy } from './count-guard.ts';
import { cutoverPolicy } from './cutover.ts';
import { feeBudgetPolicy } from './fee-budget.ts';
import { lagGuardPolicy } from './lag-guard.ts';
import { minimumClaimsPolicy } from './minimum-claims.ts';
import type { LookedUp, Policy, PolicyFacts, PolicyReason } from './policy.ts';
import { type SolvencyMode, solvencyPolicy } from './solvency.ts';

/** What is not set is off. */
export interface PolicySettings {
  /** required: people must approve each root. */
  readonly approvals: 'off' | 'required';
  /** Nothing is published while the legacy system does, by `ao cutover`. */
  readonly followsCutover: boolean;
  readonly channels: ChannelListSettings;
  readonly minimumClaims: number;
  readonly countGuard: CountGuardSettings | undefined;
  /** Base units that one root may let be claimed. */
  readonly maxAmount: bigint | undefined;
  readonly lagSlots: number | undefined;
  readonly solvency: SolvencyMode;
  readonly claimWindowMs: number | undefined;
  readonly lamportsPerDay: bigint | undefined;
}

export const NO_POLICIES: PolicySettings = {
  approvals: 'off',
  followsCutover: false,
  channels: { allowed: new Set(), denied: new Set() },
  minimumClaims: 0,
  countGuard: undefined,
  maxAmount: undefined,
  lagSlots: undefined,
  solvency: 'off',
  claimWindowMs: undefined,
  lamportsPerDay: undefined,
};

/** The policies that are switched on, in order. */
export function policiesOf(settings: PolicySettings): Policy[] {
  return [
    cutoverPolicy(settings.followsCutover),
    channelListPolicy(settings.channels),
    minimumClaimsPolicy(settings.minimumClaims),
    countGuardPolicy(settings.countGuard),
    amountGuardPolicy(settings.maxAmount),
    lagGuardPolicy(settings.lagSlots),
    solvencyPolicy(settings.solvency),
    claimWindowPolicy(settings.claimWindowMs),
    feeBudgetPolicy(settings.lamportsPerDay),
  ].filter((policy) => policy !== undefined);
}

/** What must be looked up for them. */
export function lookUpsOf(policies: readonly Policy[]): ReadonlySet<LookedUp> {
  return new Set(policies.flatMap(({ needs }) => needs));
}

/** The first reason against a root; undefined when every policy lets it go. */
export function judgePolicies(policies: readonly Policy[], facts: PolicyFacts): PolicyReason | undefined {
  for (const policy of policies) {
    const reason = policy.judge(facts);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
