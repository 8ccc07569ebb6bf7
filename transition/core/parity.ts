/** Whether a root of ours is the legacy system's of the same channel and epoch, and if not, why. */

import {
  bytesToHex,
  MerkleTree,
  type OddNode,
  participantHash,
  participantOf,
  type Recipe,
} from '@attention-oracle/sdk';
import { leafDifferences, type ParityClaim } from './leaf-differences.ts';
import { legacyTree } from './legacy-tree.ts';

/** A root that the legacy system made. */
export interface LegacyRoot {
  /** Normalised. */
  readonly channel: string;
  readonly epoch: bigint;
  /** 64 lower-case hexadecimal digits, no 0x; whatever stands there where the row is uncertain. */
  readonly root: string;
  /** What makes the row uncertain, one sentence. */
  readonly uncertain?: string;
  /** Leaves of the tree; null: not told. */
  readonly count: number | null;
  /** Sum of amounts in base units; null: not told. */
  readonly volume: bigint | null;
  /** Which of its two trees; null: not told. */
  readonly kind: 'participation' | 'claims' | null;
  /** Hashes of the users in the order of the leaves, hexadecimal; null: not kept. */
  readonly userHashes: readonly string[] | null;
}

/** A root of ours. */
export interface OurRoot {
  readonly channel: string;
  readonly epoch: bigint;
  readonly root: string;
  readonly count: number;
  readonly volume: bigint;
  readonly recipe: Recipe;
  readonly oddNode: OddNode;
  /** `built`: the sink has made the root again from the claims it stores. */
  readonly treeState: 'pending' | 'built' | 'mismatch';
}

/** `uncertain`: what is there neither shows that the roots are the same nor that they differ. */
export type Verdict = 'equal' | 'differs' | 'uncertain';

export interface ParityRow {
  readonly channel: string;
  readonly epoch: bigint;
  readonly verdict: Verdict;
  readonly legacy: LegacyRoot | null;
  readonly ours: OurRoot | null;
  /** One sentence each. */
  readonly reasons: readonly string[];
}

/** Of the legacy system's roots of one channel and epoch, those of the tree that ours stands for. */
function counterparts(ours: OurRoot, candidates: readonly LegacyRoot[]): readonly LegacyRoot[] {
  const kind = ours.recipe === 'participation' ? 'participation' : 'claims';
  for (const wanted of [kind, null]) {
    const found = candidates.filter((candidate) => candidate.kind === wanted);
    if (found.length > 0) return found;
  }
  return candidates;
}

/**
 * Compares what both sides have of one channel and epoch.
 * @param candidates The legacy system's roots of it: up to two, one a tree.
 */
export function compareRoots(ours: OurRoot | null, candidates: readonly LegacyRoot[]): ParityRow {
  const chosen = ours === null ? candidates : counterparts(ours, candidates);
  const legacy = chosen.find(({ userHashes }) => userHashes !== null) ?? chosen[0] ?? null;
  const { channel, epoch } = (ours ?? legacy) as OurRoot | LegacyRoot;
  const row = (verdict: Verdict, ...reasons: string[]): ParityRow => ({
    channel,
    epoch,
    verdict,
    legacy,
    ours,
    reasons,
  });
  const [unclear] = candidates.flatMap(({ uncertain }) => uncertain ?? []);
  if (unclear !== undefined) return row('uncertain', unclear);
  if (ours === null)
    return row('uncertain', 'no root of ours: the epoch is not finalised, or nothing proves its slots');
  if (legacy === null) return row('uncertain', 'no root of the legacy system');
  if (new Set(chosen.map(({ root }) => root)).size > 1)
    return row('uncertain', 'the legacy system holds several roots for it');
  if (ours.treeState === 'mismatch')
    return row('differs', 'the claims in our database give another root than the one of ours');
  if (legacy.root !== ours.root) return row('differs');
  if (ours.treeState === 'pending')
    return row('uncertain', 'same root, and the sink has not made it again from its claims yet');
  if (legacy.count !== null && legacy.count !== ours.count)
    return row('uncertain', `same root, and the counts differ: ${legacy.count} there, ${ours.count} here`);
  if (legacy.volume !== null && legacy.volume !== ours.volume)
    return row('uncertain', `same root, and the volumes differ: ${legacy.volume} there, ${ours.volume} here`);
  return row('equal');
}

const RECIPES: readonly Recipe[] = ['claim-v0', 'claim-v1', 'participation'];
const ODD_NODES: readonly OddNode[] = ['duplicate', 'promote'];

/**
 * Why the two roots differ, by the claims of ours in the order of their leaves; at least one sentence.
 * @param leaves Of the legacy tree, in their order, 64 lower-case hexadecimal digits each; null: not kept.
 */
export function explainDifference(
  ours: OurRoot,
  legacy: LegacyRoot,
  claims: readonly ParityClaim[],
  leaves: readonly string[] | null = null,
): string[] {
  const reasons: string[] = [];
  if (claims.length > 0) reasons.push(...otherRules(ours, legacy, claims));
  // A rule that explains it whole needs no list.
  if (claims.length > 0 && leaves !== null && reasons.length === 0)
    reasons.push(...leafDifferences(ours, leaves, claims));
  if (legacy.userHashes !== null) reasons.push(...otherUsers(legacy, legacy.userHashes, claims));
  if (legacy.count !== null && legacy.count !== ours.count)
    reasons.push(`${legacy.count} leaves there, ${ours.count} here`);
  if (reasons.length === 0) reasons.push('no recipe or odd-node rule over our claims gives the legacy root');
  return reasons;
}

/** More would take too long: each is a tree of its own. */
const MOST_LEFT_OUT = 200;

/** Our claims, and what the legacy system may have made of them instead. */
function* variants(claims: readonly ParityClaim[]): Generator<readonly [string, readonly ParityClaim[]]> {
  yield ['our claims', claims];
  const hashOf = ({ id }: ParityClaim): string => bytesToHex(participantHash(participantOf(id)));
  const byHash = claims
    .map((claim) => [hashOf(claim), claim] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  yield ['our claims in the order of their user hashes', byHash.map(([, claim]) => claim)];
  const first = [...new Map([...claims].reverse().map((claim) => [claim.claimer, claim])).values()].reverse();
  if (first.length < claims.length && first.length > 0) yield ["each claimer's first claim", first];
  if (claims.length < 2 || claims.length > MOST_LEFT_OUT) return;
  for (const [at, { id }] of claims.entries())
    yield [`our claims without number ${at} (${id})`, claims.filter((_, other) => other !== at)];
  for (const [at, claim] of claims.entries())
    yield [`our claims with number ${at} (${claim.id}) twice`, [...claims.slice(0, at), claim, ...claims.slice(at)]];
}

function otherRules(ours: OurRoot, legacy: LegacyRoot, claims: readonly ParityClaim[]): string[] {
  const found: string[] = [];
  for (const [what, list] of variants(claims)) {
    for (const recipe of RECIPES) {
      for (const oddNode of ODD_NODES) {
        const tree = new MerkleTree(list, { recipe, oddNode, channel: ours.channel, epoch: ours.epoch });
        if (tree.rootHex() === legacy.root)
          found.push(`recipe ${recipe} with odd node ${oddNode} over ${what} gives the legacy root`);
      }
    }
    // What is simpler explains it.
    if (found.length > 0) break;
  }
  return found;
}

function otherUsers(legacy: LegacyRoot, there: readonly string[], claims: readonly ParityClaim[]): string[] {
  const here = [...new Set(claims.map(({ id }) => bytesToHex(participantHash(participantOf(id)))))];
  const reasons: string[] = [];
  const known = new Set(there);
  const ofOurs = new Set(here);
  const missing = [...known].filter((user) => !ofOurs.has(user));
  const extra = here.filter((user) => !known.has(user));
  const seen = new Set<string>();
  const doubled = new Set(there.filter((user) => seen.size === seen.add(user).size));
  if (missing.length > 0) reasons.push(`missing here: ${sample(missing)}`);
  if (extra.length > 0) reasons.push(`extra here: ${sample(extra)}`);
  if (doubled.size > 0) reasons.push(`duplicate there: ${sample([...doubled])}`);
  if (reasons.length === 0 && here.some((user, i) => user !== there[i])) {
    reasons.push(`same users in another order, first at leaf ${here.findIndex((user, i) => user !== there[i])}`);
  }
  if (legacy.kind === 'participation' && legacyTree(legacy.channel, legacy.epoch, there) !== legacy.root)
    reasons.push('the legacy list of users does not give the legacy root: the list is not the one that was sealed');
  return reasons;
}

function sample(users: readonly string[]): string {
  const shown = users.slice(0, 3).join(', ');
  return users.length > 3 ? `${users.length} users (${shown}, …)` : `${users.length} (${shown})`;
}

/** Pairs both sides by channel and epoch, in order of epoch, then channel. */
export function pairRoots(ours: readonly OurRoot[], legacy: readonly LegacyRoot[]): ParityRow[] {
  const pairs = new Map<string, { ours: OurRoot | null; legacy: LegacyRoot[] }>();
  const pairOf = ({ channel, epoch }: { channel: string; epoch: bigint }) => {
    const key = `${epoch} ${channel}`;
    const pair = pairs.get(key) ?? { ours: null, legacy: [] };
    pairs.set(key, pair);
    return pair;
  };
  for (const root of ours) pairOf(root).ours = root;
  for (const root of legacy) pairOf(root).legacy.push(root);
  const rows = [...pairs.values()].map((pair) => compareRoots(pair.ours, pair.legacy));
  return rows.sort((a, b) => (a.epoch === b.epoch ? (a.channel < b.channel ? -1 : 1) : a.epoch < b.epoch ? -1 : 1));
}
