/**
 * Trees as a reader remembers them: in blocks of eight levels, each block the nodes above 256 neighbours. The sibling of a node lies in the
 * block of the node, so a proof is one block for every eight levels, and the upper blocks are those of many leaves. Pure.
 */

import { levelSizes, type OddNode, proofPositions } from '@attention-oracle/sdk';
import { NODE_BYTES, NODES_PER_CHUNK } from './tree-chunks.ts';

/** Levels of a block: at the last one, two siblings are left of a full chunk. */
export const BLOCK_LEVELS = Math.log2(NODES_PER_CHUNK);

/** Of a node. */
const NODE_DIGITS = 2 * NODE_BYTES;

/** A leaf of a tree, by the shape of the tree. */
export interface LeafOfTree {
  readonly leafCount: number;
  readonly oddNode: OddNode;
  readonly leafIndex: number;
}

/** Where a block stands: its lowest level, and its number on that level. */
export interface BlockPlace {
  readonly base: number;
  readonly block: number;
}

export interface TreeBlock {
  /** Its levels one behind the other, the lowest first, hexadecimal: as every answer has them. */
  readonly hex: string;
  /** Of each level: its first node in the tree, and where that stands in the text. */
  readonly levels: readonly { readonly first: number; readonly at: number }[];
}

/** A part of a stored level. */
export interface LevelPart {
  /** From the block's lowest level. */
  readonly step: number;
  readonly nodes: Uint8Array;
}

/** A leaf and what proves it, lower-case hexadecimal. */
export interface HexProof {
  readonly leaf: string;
  /** Siblings from the leaf up. */
  readonly proof: readonly string[];
}

/** @throws AttentionOracleError LEAF_INDEX_OUT_OF_RANGE */
export function expectLeaf({ leafCount, leafIndex, oddNode }: LeafOfTree): void {
  proofPositions(leafCount, leafIndex, oddNode);
}

/** The blocks in which a leaf's proof stands, the leaf's own first. */
export function blocksOfLeaf({ leafCount, leafIndex }: LeafOfTree): BlockPlace[] {
  const places: BlockPlace[] = [];
  const levels = sizesBelowRoot(leafCount).length;
  for (let base = 0; base < levels; base += BLOCK_LEVELS)
    places.push({ base, block: Math.floor(leafIndex / 2 ** (base + BLOCK_LEVELS)) });
  return places;
}

/**
 * A block of what is stored of its levels.
 * @returns undefined where something is missing
 */
export function blockOf(leafCount: number, place: BlockPlace, parts: readonly LevelPart[]): TreeBlock | undefined {
  const stored = new Map(parts.map(({ step, nodes }) => [step, nodes]));
  const sizes = sizesBelowRoot(leafCount).slice(place.base, place.base + BLOCK_LEVELS);
  const nodes: Uint8Array[] = [];
  const levels: { first: number; at: number }[] = [];
  let at = 0;
  for (const [step, size] of sizes.entries()) {
    const { first, count } = spanOf(place, step, size);
    const part = stored.get(step);
    if (count > 0 && part?.length !== count * NODE_BYTES) return undefined;
    levels.push({ first, at: 2 * at });
    if (part === undefined) continue;
    nodes.push(part);
    at += part.length;
  }
  return { hex: Buffer.concat(nodes, at).toString('hex'), levels };
}

/** @param blocks Those of `blocksOfLeaf`. */
export function proofFromBlocks(leaf: LeafOfTree, blocks: readonly TreeBlock[]): HexProof {
  const nodeAt = (level: number, index: number): string => {
    const base = Math.floor(level / BLOCK_LEVELS);
    const { hex, levels } = blocks[base] as TreeBlock;
    const { first, at } = levels[level - base * BLOCK_LEVELS] as TreeBlock['levels'][number];
    const from = at + (index - first) * NODE_DIGITS;
    return hex.slice(from, from + NODE_DIGITS);
  };
  return {
    leaf: nodeAt(0, leaf.leafIndex),
    proof: proofPositions(leaf.leafCount, leaf.leafIndex, leaf.oddNode).map(({ level, index }) => nodeAt(level, index)),
  };
}

/** Of the levels that proofs are of: the root is in none; of a tree of one leaf it is the leaf. */
function sizesBelowRoot(leafCount: number): number[] {
  const sizes = levelSizes(leafCount);
  return sizes.length === 1 ? sizes : sizes.slice(0, -1);
}

/** Which nodes of a level the block has. */
function spanOf({ block }: BlockPlace, step: number, size: number): { first: number; count: number } {
  const most = NODES_PER_CHUNK / 2 ** step;
  const first = block * most;
  return { first, count: Math.max(0, Math.min(most, size - first)) };
}
