/** Leaves and their siblings from the stored trees. A tree never changes, so what was read once is not read again. */

import { hexToBytes, rootOfProof } from '@attention-oracle/sdk';
import { AppError } from '../../runtime/errors.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import { readBlocks } from '../../runtime/postgres/proof-reader.ts';
import {
  type BlockPlace,
  blocksOfLeaf,
  type HexProof,
  type LeafOfTree,
  proofFromBlocks,
  type TreeBlock,
} from '../../runtime/postgres/tree-blocks.ts';
import { ByteCache } from '../core/byte-cache.ts';
import type { TreeView } from '../core/views.ts';

/** A place in a root's tree. */
export interface LeafPlace {
  readonly root: TreeView;
  readonly index: number;
}

interface WantedBlock extends BlockPlace {
  readonly key: string;
  readonly root: TreeView;
}

/** What holds the digits of a block, a byte each. */
const BLOCK_OVERHEAD_BYTES = 600;

export class ProofStore {
  /** By the bytes of the root, not its row: they tell the whole tree. */
  readonly #known: ByteCache<TreeBlock>;

  constructor(capacityBytes: number) {
    this.#known = new ByteCache(capacityBytes);
  }

  get bytes(): number {
    return this.#known.bytes;
  }

  static keyOf({ root, index }: LeafPlace): string {
    return `${root.root}/${root.count}/${root.oddNode}/${index}`;
  }

  /** The proof, where nothing has to be read for it. The tree must be built, and have the leaf. */
  known(place: LeafPlace): HexProof | undefined {
    const blocks: TreeBlock[] = [];
    for (const { key } of blocksOf(place)) {
      const block = this.#known.get(key);
      if (block === undefined) return undefined;
      blocks.push(block);
    }
    return proofFromBlocks(leafOf(place), blocks);
  }

  /**
   * Reads several in one statement. Every tree must be built. What is read leads to its root, or it is neither served nor remembered.
   * @throws AppError TREE_MISSING; database errors
   */
  async read(pool: Pool, places: readonly LeafPlace[]): Promise<HexProof[]> {
    const wanted = new Map<string, WantedBlock>();
    for (const place of places) for (const block of blocksOf(place)) wanted.set(block.key, block);
    const known = [...wanted.keys()].map((key) => [key, this.#known.get(key)] as const);
    const blocks = new Map(known.flatMap(([key, block]) => (block === undefined ? [] : [[key, block] as const])));
    const missing = [...wanted.values()].filter(({ key }) => !blocks.has(key));
    const read = await readBlocks(
      pool,
      missing.map(({ base, block, root }) => ({ base, block, rootId: root.rowId, leafCount: root.count })),
    );
    for (const [at, { key }] of missing.entries()) blocks.set(key, read[at] as TreeBlock);
    const proofs = places.map((place) => {
      const own = blocksOf(place).map(({ key }) => blocks.get(key) as TreeBlock);
      return provenBy(place.root, proofFromBlocks(leafOf(place), own));
    });
    for (const [at, { key }] of missing.entries()) {
      const block = read[at] as TreeBlock;
      this.#known.set(key, block, block.hex.length + BLOCK_OVERHEAD_BYTES);
    }
    return proofs;
  }
}

function leafOf({ root, index }: LeafPlace): LeafOfTree {
  return {
    leafCount: root.count,
    oddNode: root.oddNode === 'PROMOTE' ? 'promote' : 'duplicate',
    leafIndex: index,
  };
}

function blocksOf(place: LeafPlace): WantedBlock[] {
  const { root } = place;
  return blocksOfLeaf(leafOf(place)).map(({ base, block }) => ({
    key: `${root.root}/${root.count}/${root.oddNode}/${base}/${block}`,
    base,
    block,
    root,
  }));
}

/** @throws AppError TREE_MISSING where the row's tree is not that of its root: a database that is being filled again. */
function provenBy({ root, rowId }: TreeView, found: HexProof): HexProof {
  const comesTo = rootOfProof(hexToBytes(found.leaf), found.proof.map(hexToBytes));
  if (Buffer.from(comesTo).toString('hex') === root) return found;
  throw new AppError('TREE_MISSING', 'The stored tree does not lead to its root; ask again.', {
    retryable: true,
    context: { rootId: rowId, root },
  });
}
