/** Leaves and their siblings from the stored trees. A tree never changes, so what was read once is not read again. */

import type { Pool } from '../../runtime/postgres/pool.ts';
import { readProofs, type StoredProof } from '../../runtime/postgres/proof-reader.ts';
import { ByteCache } from '../core/byte-cache.ts';
import type { RootView } from '../core/views.ts';

/** A place in a root's tree. */
export interface LeafPlace {
  readonly root: RootView;
  readonly index: number;
}

/** Bytes of a node with what holds it. */
const NODE_BYTES = 120;

export class ProofStore {
  readonly #known: ByteCache<StoredProof>;

  constructor(capacityBytes: number) {
    this.#known = new ByteCache(capacityBytes);
  }

  get bytes(): number {
    return this.#known.bytes;
  }

  /** By the bytes of the root, not its row: they tell the whole tree. */
  static keyOf({ root, index }: LeafPlace): string {
    return `${root.root}/${root.count}/${root.oddNode}/${index}`;
  }

  known(place: LeafPlace): StoredProof | undefined {
    return this.#known.get(ProofStore.keyOf(place));
  }

  /**
   * Reads several in one statement. Every tree must be built.
   * @throws AppError TREE_MISSING; database errors
   */
  async read(pool: Pool, places: readonly LeafPlace[]): Promise<StoredProof[]> {
    const found = await readProofs(
      pool,
      places.map(({ root, index }) => ({
        rootId: root.rowId,
        leafCount: root.count,
        oddNode: root.oddNode === 'PROMOTE' ? 'promote' : 'duplicate',
        leafIndex: index,
      })),
    );
    for (const [position, proof] of found.entries()) {
      this.#known.set(ProofStore.keyOf(places[position] as LeafPlace), proof, NODE_BYTES * (1 + proof.proof.length));
    }
    return found;
  }
}
