/**
 * Whether a leaf and a path belong to a root of ours. Arithmetic alone would call an inner node a leaf, and believe a leaf that
 * stands beside another user and amount; so the stored tree decides, and everything that was given must agree.
 */

import {
  bytesToHex,
  computeClaimLeaf,
  computeClaimLeafV1,
  computeParticipationLeaf,
  hexToBytes,
  participantHash,
  participantOf,
  rootOfProof,
} from '@attention-oracle/sdk';
import { badInput } from '../core/cursor.ts';
import type { RootView } from '../core/views.ts';
import type { NotValid, VerifyInput } from '../schema-types.generated.ts';
import type { GatewayContext } from './context.ts';
import { leafByIndex } from './store/claims.ts';
import { leafPosition } from './store/leaf-position.ts';
import { rootByHash } from './store/roots.ts';

export interface Verified {
  readonly valid: boolean;
  readonly reason: NotValid | null;
  readonly leads: boolean;
  readonly root: RootView | undefined;
}

/** Siblings of a path; a tree of 2^64 leaves needs no more. */
const MAX_SIBLINGS = 64;
const MAX_INDEX = 2 ** 32 - 1;

/** @throws GraphQLError BAD_USER_INPUT where too little is given, or something that cannot be. */
export async function verify(input: VerifyInput, context: GatewayContext): Promise<Verified> {
  if (input.proof.length > MAX_SIBLINGS) throw badInput(`proof must have at most ${MAX_SIBLINGS} nodes.`);
  if (input.index != null && (input.index < 0 || input.index > MAX_INDEX))
    throw badInput('index must not be negative.');
  const root = await context.read(`root-bytes/${input.root}`, (pool) => rootByHash(pool, input.root));
  const made = madeLeaf(input, root);
  const leaf = input.leaf ?? made;
  if (leaf === undefined) throw badInput('Give leaf, or all of user, index, amount and id.');

  const path = pathOf(leaf, input.proof);
  const leads = bytesToHex(path.at(-1) ?? new Uint8Array()) === input.root;
  const not = (reason: NotValid): Verified => ({ valid: false, reason, leads, root });
  if (made !== undefined && made !== leaf) return not('CONTRADICTORY');
  if (!leads) return not('PATH_LEADS_ELSEWHERE');
  if (root === undefined) return not('ROOT_UNKNOWN');
  if (!root.treeBuilt) return not('TREE_NOT_STORED');
  const index = input.index ?? (await positionOf(root, path, context));
  if (index === undefined || index >= root.count) return not('NOT_A_LEAF');
  const stored = await context.proofNodes.load({ root, index });
  if (stored === undefined) return not('TREE_NOT_STORED');
  const isStored =
    stored.leaf === leaf &&
    stored.proof.length === input.proof.length &&
    stored.proof.every((node, at) => node === input.proof[at]);
  if (!isStored) return not('NOT_A_LEAF');
  // A leaf that was made from its parts is that claim's; beside a bare leaf, the parts must be those of its row.
  if (made === undefined && !(await isOfClaim(input, root, index, context))) return not('CONTRADICTORY');
  return { valid: true, reason: null, leads, root };
}

/** The leaf that the parts make by the root's recipe; undefined where a part is missing. */
function madeLeaf({ user, index, amount, id }: VerifyInput, root: RootView | undefined): string | undefined {
  if (user == null || index == null || amount == null || id == null) return undefined;
  const claim = { claimer: user, index, amount, id };
  if (root?.recipe === 'claim-v1')
    return bytesToHex(computeClaimLeafV1({ ...claim, channel: root.channel, epoch: root.epoch }));
  if (root?.recipe === 'participation') {
    const userHash = participantHash(participantOf(id));
    return bytesToHex(computeParticipationLeaf({ userHash, channel: root.channel, epoch: root.epoch }));
  }
  return bytesToHex(computeClaimLeaf(claim));
}

/** The leaf and what it comes to with each sibling, up to what should be the root. */
function pathOf(leaf: string, proof: readonly string[]): Uint8Array[] {
  const nodes = [hexToBytes(leaf)];
  for (const sibling of proof) nodes.push(rootOfProof(nodes.at(-1) ?? new Uint8Array(), [hexToBytes(sibling)]));
  return nodes;
}

function positionOf(
  root: RootView,
  path: readonly Uint8Array[],
  { read }: GatewayContext,
): Promise<number | undefined> {
  const key = `leaf-position/${root.root}/${path.length}/${bytesToHex(path[0] as Uint8Array)}`;
  return read(key, (pool) => leafPosition(pool, root, path));
}

async function isOfClaim(
  { user, amount, id }: VerifyInput,
  root: RootView,
  index: number,
  { read }: GatewayContext,
): Promise<boolean> {
  if (user == null && amount == null && id == null) return true;
  const key = `leaf/${root.rowId}/${index}`;
  const claim = await read(key, (pool) => leafByIndex(pool, root.rowId, root.channel, root.epoch, index));
  return (
    claim !== undefined &&
    (user == null || user === claim.user) &&
    (amount == null || amount === claim.amount) &&
    (id == null || id === claim.id)
  );
}
