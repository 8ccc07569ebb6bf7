export type ConsensusOptions = {
  /** Under TowerBFT: slots until a slot is confirmed, and until it is finalised. */
  confirmationSlots: number;
  finalitySlots: number;
  /** Slot of the last block that TowerBFT settles, from which the cluster goes over to Alpenglow; null: it stays with TowerBFT. */
  alpenglowGenesisSlot: number | null;
};

/**
 * When slots are confirmed and finalised. TowerBFT: after fixed numbers of slots. Alpenglow, after its genesis block: a block is both as
 * soon as the next one is there, and everything up to the genesis block is final at once.
 */
export class Consensus {
  readonly #options: ConsensusOptions;
  #genesisSlot: number | null;

  constructor(options: ConsensusOptions) {
    this.#options = options;
    this.#genesisSlot = options.alpenglowGenesisSlot;
  }

  /** The genesis block of Alpenglow, once blocks after it exist at a tip; null before. */
  genesisSlot(tip: number): number | null {
    return this.#genesisSlot !== null && tip > this.#genesisSlot ? this.#genesisSlot : null;
  }

  /** Lets the cluster go over to Alpenglow after a slot. */
  migrateAfter(slot: number): void {
    this.#genesisSlot = slot;
  }

  /** Highest slot that is confirmed when `tip` opens. */
  confirmed(tip: number): number {
    return tip - (this.genesisSlot(tip) === null ? this.#options.confirmationSlots : 1);
  }

  /** Highest slot that is finalised when `tip` opens. */
  finalized(tip: number): number {
    return tip - (this.genesisSlot(tip) === null ? this.#options.finalitySlots : 1);
  }
}
