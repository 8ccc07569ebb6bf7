/** Words and lengths that several views share. Pure. */

/** Enough of a hash to tell it from others at a glance. */
export function shortHash(hex: string): string {
  return hex.length <= 16 ? hex : `${hex.slice(0, 12)}…`;
}

export interface SettlementFacts {
  readonly status: string | null;
  readonly settled: boolean;
  readonly seenOnChain: boolean;
  readonly reason: string | null;
}

/** How far a root is on its way to the chain, in a few words. */
export function settlementWord({ status, settled, seenOnChain, reason }: SettlementFacts): string {
  if (settled) return seenOnChain ? 'settled, seen on chain' : 'settled, not yet seen on chain';
  if (status === null) return 'not begun';
  return reason === null ? status : `${status}: ${reason}`;
}
