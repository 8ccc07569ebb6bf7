import { HASH_BYTES } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { activeKernel } from '../keccak/active-kernel.ts';
import type { KeccakKernel } from '../keccak/kernel.ts';
import { streamerKey } from './channel.ts';
import type { U64Input } from './integers.ts';
import {
  type Claim,
  claimV1Prefix,
  expectText,
  participationSuffix,
  writeClaim,
  writeParticipation,
} from './leaves.ts';
import { MessageBuffer } from './message-buffer.ts';

/** Which leaf is made of each claim. `participation` has one leaf a user, in the order first seen. */
export type Recipe = 'claim-v0' | 'claim-v1' | 'participation';

/** What a recipe needs besides the claims: `claim-v1` and `participation` bind leaves to a channel and an epoch. */
export interface RecipeOptions {
  readonly recipe?: Recipe;
  readonly channel?: string;
  readonly epoch?: U64Input;
}

/** How many leaves the recipe makes, and what each of them is the hash of. */
export interface LeafPlan {
  readonly leafCount: number;
  /** Adds the inputs of the leaves from `from` up to, not including, `to`. */
  write(buffer: MessageBuffer, from: number, to: number): void;
}

// Small enough to stay in the processor's cache between writing and hashing.
const LEAVES_AT_ONCE = 2048;

/** Hashes all leaves of a plan into `out`, 32 bytes each. */
export function hashLeaves(kernel: KeccakKernel, plan: LeafPlan, out: Uint8Array): void {
  const buffer = MessageBuffer.for(Math.min(plan.leafCount, LEAVES_AT_ONCE));
  for (let from = 0; from < plan.leafCount; from += LEAVES_AT_ONCE) {
    buffer.clear();
    plan.write(buffer, from, Math.min(from + LEAVES_AT_ONCE, plan.leafCount));
    kernel.hashMessages(buffer.bytes, buffer.ends, buffer.count, out.subarray(from * HASH_BYTES));
  }
}

/**
 * Chooses the recipe and checks that it has what it needs; hashes no leaf yet.
 * @throws AttentionOracleError RECIPE_UNKNOWN, RECIPE_OPTION_MISSING, CLAIM_INDEX_MISMATCH, U64_OUT_OF_RANGE
 */
export function planLeaves(claims: readonly Claim[], options: RecipeOptions): LeafPlan {
  return recipeOf(options)(claims, 0, new Map());
}

/**
 * Leaves of claims that follow others.
 * @param first Leaves made of the claims before.
 * @param users Leaf index of each user so far, for `participation`; new ones are added.
 */
export type RecipePlan = (claims: readonly Claim[], first: number, users: Map<string, number>) => LeafPlan;

/** @throws AttentionOracleError RECIPE_UNKNOWN, RECIPE_OPTION_MISSING, U64_OUT_OF_RANGE */
export function recipeOf(options: RecipeOptions): RecipePlan {
  const recipe = options.recipe ?? 'claim-v0';
  if (recipe === 'claim-v0') return (claims, first) => planClaims(claims, new Uint8Array(0), first);
  if (recipe === 'claim-v1') {
    const { channel, epoch } = channelAndEpoch(recipe, options);
    const prefix = claimV1Prefix(streamerKey(channel), epoch);
    return (claims, first) => planClaims(claims, prefix, first);
  }
  if (recipe === 'participation') {
    const { channel, epoch } = channelAndEpoch(recipe, options);
    const suffix = participationSuffix(channel, epoch);
    return (claims, _first, users) => planParticipation(claims, suffix, users);
  }
  throw new AttentionOracleError(
    'RECIPE_UNKNOWN',
    `recipe must be claim-v0, claim-v1 or participation, not ${String(recipe)}`,
    { recipe },
  );
}

function channelAndEpoch(recipe: Recipe, options: RecipeOptions): { channel: string; epoch: U64Input } {
  const { channel, epoch } = options;
  if (channel !== undefined && epoch !== undefined) return { channel, epoch };
  throw new AttentionOracleError('RECIPE_OPTION_MISSING', `recipe ${recipe} needs the options channel and epoch`, {
    recipe,
    missing: [...(channel === undefined ? ['channel'] : []), ...(epoch === undefined ? ['epoch'] : [])],
  });
}

/** @param first Index of the first of these claims. */
function planClaims(claims: readonly Claim[], prefix: Uint8Array, first = 0): LeafPlan {
  return {
    leafCount: claims.length,
    write(buffer, from, to) {
      for (let i = from; i < to; i++) {
        const claim = claims[i] as Claim;
        expectIndex(claim, first + i);
        writeClaim(buffer, prefix, claim, first + i);
      }
    },
  };
}

function expectIndex(claim: Claim, position: number): void {
  if (claim.index === undefined || claim.index === position) return;
  throw new AttentionOracleError(
    'CLAIM_INDEX_MISMATCH',
    `claim at position ${position} says index ${claim.index}: give the claims in index order, without gaps`,
    { position, index: claim.index },
  );
}

/** The user of a claim: what follows the last colon of its id, or the whole id; in lower case. */
export function participantOf(id: string): string {
  return id.slice(id.lastIndexOf(':') + 1).toLowerCase();
}

function planParticipation(claims: readonly Claim[], suffix: Uint8Array, users: Map<string, number>): LeafPlan {
  const fresh: string[] = [];
  for (const claim of claims) {
    expectText(claim.id);
    const user = participantOf(claim.id);
    if (users.has(user)) continue;
    users.set(user, users.size);
    fresh.push(user);
  }
  const userHashes = hashNames(fresh);
  return {
    leafCount: fresh.length,
    write(buffer, from, to) {
      for (let i = from; i < to; i++) {
        writeParticipation(buffer, userHashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES), suffix);
      }
    },
  };
}

function hashNames(names: readonly string[]): Uint8Array {
  const hashes = new Uint8Array(names.length * HASH_BYTES);
  const write = (buffer: MessageBuffer, from: number, to: number): void => {
    for (const name of names.slice(from, to)) {
      buffer.reserve(3 * name.length);
      buffer.writeText(name);
      buffer.endMessage();
    }
  };
  hashLeaves(activeKernel(), { leafCount: names.length, write }, hashes);
  return hashes;
}
