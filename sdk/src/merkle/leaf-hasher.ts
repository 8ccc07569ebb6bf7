import { HASH_BYTES } from '../bytes.ts';
import { activeKernel } from '../keccak/active-kernel.ts';
import { concatBytes } from '../program/borsh-writer.ts';
import type { Claim } from './leaves.ts';
import { hashLeaves, participantOf, type RecipeOptions, type RecipePlan, recipeOf } from './recipes.ts';

/**
 * The leaves of claims that come portion by portion, in index order, so that a million need not be held at once.
 *
 * @example
 * const hasher = new LeafHasher({ recipe: 'claim-v0' });
 * for await (const claims of portions) hasher.add(claims);
 * const tree = await buildTreeWithWorkers(hasher.leaves(), { workers: 1 });
 */
export class LeafHasher {
  readonly #plan: RecipePlan;
  readonly #isByUser: boolean;
  readonly #users = new Map<string, number>();
  #portions: Uint8Array[] = [];
  #size = 0;

  /** @throws AttentionOracleError RECIPE_UNKNOWN, RECIPE_OPTION_MISSING, U64_OUT_OF_RANGE */
  constructor(options: RecipeOptions = {}) {
    this.#plan = recipeOf(options);
    this.#isByUser = options.recipe === 'participation';
  }

  /** Leaves so far. */
  get size(): number {
    return this.#size;
  }

  /**
   * Hashes the claims that come next.
   * @returns the index of the leaf of each of them; with `participation` claims of one user share a leaf.
   * @throws AttentionOracleError CLAIM_INDEX_MISMATCH, CLAIM_ID_INVALID, ADDRESS_INVALID, BASE58_INVALID, U64_OUT_OF_RANGE
   */
  add(claims: readonly Claim[]): number[] {
    const first = this.#size;
    const plan = this.#plan(claims, first, this.#users);
    const leaves = new Uint8Array(plan.leafCount * HASH_BYTES);
    hashLeaves(activeKernel(), plan, leaves);
    this.#portions.push(leaves);
    this.#size += plan.leafCount;
    return claims.map(({ id }, i) => (this.#isByUser ? (this.#users.get(participantOf(id)) ?? first) : first + i));
  }

  /** Every leaf so far, 32 bytes each, end to end. Do not write to it. */
  leaves(): Uint8Array {
    const whole = concatBytes(this.#portions);
    this.#portions = [whole];
    return whole;
  }
}
