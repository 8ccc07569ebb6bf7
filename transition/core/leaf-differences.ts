/** What tells our claims from the leaves of the legacy system's tree. Pure. */

import { bytesToHex, computeClaimLeaf, computeClaimLeafV1, MerkleTree } from '@attention-oracle/sdk';

/** A claim of ours as its leaf holds it. */
export interface ParityClaim {
  readonly claimer: string;
  readonly amount: bigint;
  readonly id: string;
}

/** A leaf holds its index: a claim is looked for at so many places around its own, all at once. */
const PLACES_AROUND = 8;
/** Leaves that are looked for among all claims, one hash a claim. */
const MOST_LOOKED_FOR = 8;
const SHOWN = 3;

interface TreeOf {
  readonly channel: string;
  readonly epoch: bigint;
}

type ClaimRecipe = 'claim-v0' | 'claim-v1';

/**
 * @param there Leaves of the legacy tree in their order, 64 lower-case hexadecimal digits each.
 * @param claims Ours, in the order of our leaves; one at least.
 * @returns one sentence for each kind of difference; none where the leaves are the same.
 */
export function leafDifferences(tree: TreeOf, there: readonly string[], claims: readonly ParityClaim[]): string[] {
  for (const recipe of ['claim-v0', 'claim-v1'] as const) {
    const near = nearPlaces(tree, claims, recipe);
    const found = there.map((leaf) => near.get(leaf));
    if (found.some((position) => position !== undefined)) return sentencesOf(tree, there, claims, recipe, found);
  }
  return ['no leaf there is of one of our claims near its place, by either claim recipe'];
}

/** Position here of every claim by the leaves that it has around its own place. */
function nearPlaces(tree: TreeOf, claims: readonly ParityClaim[], recipe: ClaimRecipe): Map<string, number> {
  const places = new Map<string, number>();
  const [filler] = claims;
  if (filler === undefined) return places;
  for (let shift = -PLACES_AROUND; shift <= PLACES_AROUND; shift += 1) {
    const moved = shift < 0 ? claims.slice(-shift) : [...Array<ParityClaim>(shift).fill(filler), ...claims];
    if (moved.length === 0) continue;
    const leaves = new MerkleTree(moved, { recipe, ...tree }).levels[0] ?? new Uint8Array();
    for (let index = Math.max(0, shift); index < moved.length; index += 1)
      places.set(bytesToHex(leaves.subarray(32 * index, 32 * index + 32)), index - shift);
  }
  return places;
}

function sentencesOf(
  tree: TreeOf,
  there: readonly string[],
  claims: readonly ParityClaim[],
  recipe: ClaimRecipe,
  near: readonly (number | undefined)[],
): string[] {
  const away = near.filter((position) => position === undefined).length;
  const isWhole = away <= MOST_LOOKED_FOR;
  const found = near.map((position, at) =>
    position === undefined && isWhole ? placeAmongAll(tree, there[at] ?? '', at, claims, recipe) : position,
  );
  const places = new Map<number, number[]>();
  for (const [at, position] of found.entries())
    if (position !== undefined) places.set(position, [...(places.get(position) ?? []), at]);
  const name = (position: number): string => claims[position]?.id ?? '';
  const doubled = [...places].filter(([, at]) => at.length > 1);
  const outOfOrder = firstOutOfOrder(found);
  const or = isWhole ? '' : ` or more than ${PLACES_AROUND} places away`;
  const missing = [...found.keys()].filter((at) => found[at] === undefined).map((at) => `leaf ${at} there`);
  const extra = [...claims.keys()].filter((position) => !places.has(position)).map(name);
  return [
    ...(missing.length > 0 ? [`missing here${or}: ${listed(missing)}`] : []),
    ...(extra.length > 0 ? [`extra here${or}: ${listed(extra)}`] : []),
    ...(doubled.length > 0
      ? [
          `duplicate there: ${listed(doubled.map(([position, at]) => `${name(position)} at leaves ${at.join(' and ')}`))}`,
        ]
      : []),
    ...(outOfOrder === undefined ? [] : [`same claims in another order, first at leaf ${outOfOrder}`]),
  ];
}

function placeAmongAll(
  tree: TreeOf,
  leaf: string,
  index: number,
  claims: readonly ParityClaim[],
  recipe: ClaimRecipe,
): number | undefined {
  const found = claims.findIndex((claim) => {
    const bytes =
      recipe === 'claim-v0' ? computeClaimLeaf({ ...claim, index }) : computeClaimLeafV1({ ...claim, ...tree, index });
    return bytesToHex(bytes) === leaf;
  });
  return found < 0 ? undefined : found;
}

/** First leaf there that is a claim which stands before one that came already. */
function firstOutOfOrder(found: readonly (number | undefined)[]): number | undefined {
  let highest = -1;
  for (const [at, position] of found.entries()) {
    if (position === undefined) continue;
    if (position < highest) return at;
    highest = position;
  }
  return undefined;
}

function listed(what: readonly string[]): string {
  const shown = what.slice(0, SHOWN).join(', ');
  return what.length > SHOWN ? `${what.length} (${shown}, …)` : `${what.length} (${shown})`;
}
