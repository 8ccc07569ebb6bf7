/** A root is a promise to pay: the treasury must hold what every root in the rings still owes, and this one. */

import { type Policy, type PolicyFacts, type PolicyReason, unseen } from './policy.ts';

/** off: not looked at; report: said by log and metric; hold: what the treasury cannot pay is not published. */
export type SolvencyMode = 'off' | 'report' | 'hold';

export function solvencyPolicy(mode: SolvencyMode): Policy | undefined {
  return mode === 'hold' ? { needs: ['solvency'], judge: insolvency } : undefined;
}

/** Why the treasury would not do; undefined when it would. */
export function insolvency({
  root: { channel },
  solvency,
}: Pick<PolicyFacts, 'root' | 'solvency'>): PolicyReason | undefined {
  if ('unknown' in solvency) return unseen('solvency', solvency.unknown);
  const { treasury, owed, added } = solvency.value;
  const missing = owed + added - treasury;
  if (missing <= 0n) return undefined;
  return {
    code: 'POLICY_INSOLVENT',
    text: `the treasury holds ${treasury} base units; the roots in the rings owe ${owed} and this root of ${channel} would add ${added}: ${missing} too little. Fund the treasury; the root follows by itself`,
  };
}
