import { PublicKey } from '@solana/web3.js';
import { addressBytes } from '../encoding/base58.ts';
import type { Address } from './account.ts';

export type DerivedAddress = { address: Address; bump: number };

const CACHE_LIMIT = 100_000;
const cache = new Map<string, DerivedAddress>();

/** The program-derived address of seeds, with its bump; remembered, since finding one costs curve arithmetic. */
export function findDerivedAddress(seeds: readonly Uint8Array[], program: Address): DerivedAddress {
  const key = `${program}:${seeds.map((seed) => Buffer.from(seed).toString('hex')).join(':')}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const [found, bump] = PublicKey.findProgramAddressSync([...seeds], new PublicKey(program));
  if (cache.size >= CACHE_LIMIT) cache.clear();
  const derived = { address: found.toBase58(), bump };
  cache.set(key, derived);
  return derived;
}

export const ASSOCIATED_TOKEN_PROGRAM = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL';

/** The associated token account of a wallet (or program-derived owner) for a mint under a token program. */
export function associatedTokenAddress(owner: Address, mint: Address, tokenProgram: Address): Address {
  return findAssociatedTokenAddress(owner, mint, tokenProgram).address;
}

/** The same with its bump. */
export function findAssociatedTokenAddress(owner: Address, mint: Address, tokenProgram: Address): DerivedAddress {
  const seeds = [addressBytes(owner), addressBytes(tokenProgram), addressBytes(mint)];
  return findDerivedAddress(seeds, ASSOCIATED_TOKEN_PROGRAM);
}
