/** The root that the topic gives, beside what stands elsewhere: what differs, down to the leaf, and what nobody could read. Pure. */

import { bytesToHex } from '@attention-oracle/sdk';
import type { RootFinalized } from '../../schemas/records.ts';
import type { ChannelClaim } from './claim-fold.ts';
import type { Rebuilt, RebuiltRoot } from './rebuild-root.ts';

/** A claim as a place holds it. */
export interface HeldClaim {
  readonly eventId: string;
  readonly slot: number;
  readonly claimer: string;
  readonly amount: bigint;
  readonly id: string;
}

/** What stands in a place; `absent` and `unreadable` say why in a sentence's end. */
export type Held =
  | {
      readonly kind: 'root';
      readonly root: Partial<RootFinalized> & { readonly root: string };
      /** By place in the tree's order, where the place keeps claims. */
      readonly claims?: readonly HeldClaim[];
      /** What is wrong with it by itself. */
      readonly problems?: readonly string[];
      /** Leaves as they are stored, 32 bytes each, where the place keeps them. */
      readonly leaves?: Uint8Array | undefined;
    }
  | { readonly kind: 'absent'; readonly reason: string }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'left out' };

export type Verdict = 'equal' | 'differs' | 'absent' | 'unreadable' | 'left out';

export interface Finding {
  readonly place: string;
  readonly verdict: Verdict;
  readonly root: string | null;
  /** What differs, or why there is nothing to compare. */
  readonly reasons: readonly string[];
}

const HASH_BYTES = 32;
/** Differences of leaves that are named; the rest is counted. */
const NAMED = 20;

export function compareRoot(rebuilt: Rebuilt, place: string, held: Held): Finding {
  if (held.kind === 'left out') return { place, verdict: 'left out', root: null, reasons: [] };
  if (held.kind !== 'root') return { place, verdict: held.kind, root: null, reasons: [held.reason] };
  const { root } = held.root;
  if (rebuilt.kind === 'unknown') {
    return { place, verdict: 'unreadable', root, reasons: [`nothing to hold it against: ${rebuilt.reason}`] };
  }
  if (rebuilt.kind === 'none') {
    return { place, verdict: 'differs', root, reasons: [`the topic gives no root: ${rebuilt.reason}`] };
  }
  const reasons = [
    ...(held.problems ?? []),
    ...fieldDifferences(rebuilt.root, held.root),
    ...(held.claims === undefined ? [] : claimDifferences(rebuilt.claims, held.claims)),
    ...(held.leaves === undefined ? [] : leafDifferences(rebuilt, held.leaves)),
  ];
  return { place, verdict: reasons.length === 0 ? 'equal' : 'differs', root, reasons };
}

/** `equal`: every place that was asked for holds the root that the topic gives, and one does at least. */
export function verdictOf(findings: readonly Finding[]): 'equal' | 'differs' | 'unknown' {
  if (findings.some(({ verdict }) => verdict === 'differs')) return 'differs';
  const asked = findings.filter(({ verdict }) => verdict !== 'left out');
  return asked.length > 0 && asked.every(({ verdict }) => verdict === 'equal') ? 'equal' : 'unknown';
}

function fieldDifferences(ours: RootFinalized, theirs: Partial<RootFinalized>): string[] {
  return Object.entries(theirs).flatMap(([field, value]) => {
    const rebuilt = ours[field as keyof RootFinalized];
    return String(value) === String(rebuilt) ? [] : [`${field} is ${value}, the topic gives ${rebuilt}`];
  });
}

function claimDifferences(ours: readonly ChannelClaim[], theirs: readonly HeldClaim[]): string[] {
  const rebuilt = new Map(ours.map((claim, leaf) => [claim.eventId, { claim, leaf }]));
  const held = new Map(theirs.map((claim, leaf) => [claim.eventId, leaf]));
  const missing = ours.flatMap(({ eventId, slot, claimer }, leaf) =>
    held.has(eventId) ? [] : [`claim ${leaf} is missing: ${eventId} of ${claimer} in slot ${slot}`],
  );
  const others = theirs.flatMap((claim, leaf) => {
    const own = rebuilt.get(claim.eventId);
    if (own === undefined) return [`claim ${leaf} is not in the topic's root: ${claim.eventId} of ${claim.claimer}`];
    const fields = (['slot', 'claimer', 'amount', 'id'] as const).filter((field) => claim[field] !== own.claim[field]);
    const changed = fields.map(
      (field) => `claim ${leaf} (${claim.eventId}): ${field} is ${claim[field]}, the topic gives ${own.claim[field]}`,
    );
    return missing.length > 0 || own.leaf === leaf
      ? changed
      : [...changed, `claim ${leaf} (${claim.eventId}) has place ${own.leaf} in the topic's root`];
  });
  return named([...missing, ...others], 'claims');
}

function leafDifferences({ tree }: RebuiltRoot, leaves: Uint8Array): string[] {
  const size = leaves.length / HASH_BYTES;
  if (size !== tree.size) return [`${size} leaves are stored, the topic gives ${tree.size}`];
  const found: string[] = [];
  for (let leaf = 0; leaf < size; leaf += 1) {
    const stored = bytesToHex(leaves.subarray(leaf * HASH_BYTES, (leaf + 1) * HASH_BYTES));
    const rebuilt = bytesToHex(tree.leaf(leaf));
    if (stored !== rebuilt) found.push(`leaf ${leaf} is stored as ${stored}, the topic gives ${rebuilt}`);
  }
  return named(found, 'leaves');
}

function named(differences: readonly string[], what: string): string[] {
  const more = differences.length - NAMED;
  return more <= 0 ? [...differences] : [...differences.slice(0, NAMED), `${more} more differences of ${what}`];
}
