/** What must hold in the end: every claim of the chain in exactly one root, every root on chain once, the rows equal. Pure. */

import type { RootFinalized } from '../../schemas/records.ts';
import type { ExpectedRoot } from '../recorded/expected-roots.ts';
import type { Publication } from '../recorded/publications.ts';

/** A claim as the sink has it, in a root. */
export interface ClaimRow {
  readonly event_id: string;
  readonly channel: string;
  readonly epoch: string;
  readonly root: string;
  readonly leaf_index: number;
}

export interface Evidence {
  /** Computed from the chain's history by the rules of the program alone. */
  readonly expected: readonly ExpectedRoot[];
  /** Every record of the topic of roots. */
  readonly emitted: readonly Pick<RootFinalized, 'channel' | 'epoch' | 'root' | 'count'>[];
  /** Those of our numbering. */
  readonly published: readonly Publication[];
  readonly rows: readonly ClaimRow[];
}

export interface Verdict {
  /** Claims of the chain in no root, or in rows of none. */
  readonly lost: readonly string[];
  /** Roots that were emitted or published more than once. */
  readonly doubled: readonly string[];
  /** Roots and rows that are others than those of the chain's claims. */
  readonly changed: readonly string[];
}

export function judge({ expected, emitted, published, rows }: Evidence): Verdict {
  const wanted = new Map(expected.map((root) => [keyOf(root), root]));
  const [lost, doubled, changed] = [[], [], []] as [string[], string[], string[]];
  for (const [what, found] of [
    ['emitted', emitted],
    ['published', published.filter(({ succeeded }) => succeeded)],
  ] as const) {
    const byKey = Map.groupBy<string, { readonly root: string }>(found, (root) => keyOf(root as ExpectedRoot));
    for (const [key, { root, claims }] of wanted) {
      const same = byKey.get(key) ?? [];
      if (same.length === 0) lost.push(...claims.map(({ eventId }) => `${eventId} is in no root that was ${what}`));
      if (same.length > 1) doubled.push(`${key} was ${what} ${same.length} times`);
      if (same.some((each) => each.root !== root)) changed.push(`${key} was ${what} as another root`);
    }
    for (const key of byKey.keys()) if (!wanted.has(key)) changed.push(`${key}, of no claims, was ${what}`);
  }
  const rowsOf = Map.groupBy(rows, keyOf);
  for (const [key, { root, claims }] of wanted) {
    const stored = rowsOf.get(key)?.toSorted((a, b) => a.leaf_index - b.leaf_index) ?? [];
    const isSame = stored.every((row, index) => row.event_id === claims[index]?.eventId && row.root === root);
    if (stored.length < claims.length) lost.push(`${key} has ${stored.length} rows of ${claims.length} claims`);
    else if (stored.length > claims.length || !isSame) changed.push(`the rows of ${key} are others`);
  }
  for (const key of rowsOf.keys()) if (!wanted.has(key)) changed.push(`rows of ${key}, which has no claims`);
  return { lost, doubled, changed };
}

function keyOf({ channel, epoch }: { readonly channel: string; readonly epoch: bigint | number | string }): string {
  return `${channel}/${epoch}`;
}
