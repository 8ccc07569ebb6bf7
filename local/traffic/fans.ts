/** The fans: wallets and allocations that follow from the seed alone. */

import { createHash } from 'node:crypto';
import { Keypair } from '@solana/web3.js';

export interface Fan {
  readonly keypair: Keypair;
  /** The fan's wallet, base58. */
  readonly address: string;
  readonly name: string;
}

/** What a fan may claim from an allocation. */
export interface Allocation {
  readonly fan: Fan;
  readonly amount: bigint;
  readonly id: string;
}

function digest(...parts: (string | number)[]): Buffer {
  return createHash('sha256').update(parts.join('/')).digest();
}

export function fansOf(seed: string, channel: string, count: number): Fan[] {
  return Array.from({ length: count }, (_, index) => {
    const keypair = Keypair.fromSeed(digest(seed, channel, index));
    return { keypair, address: keypair.publicKey.toBase58(), name: `user${index + 1}` };
  });
}

/** The channel where a visitor is the first of the fans. */
export const VISITORS = 'visitors';

export function fansWith(visitor: Keypair, seed: string, count: number): Fan[] {
  const [, ...others] = fansOf(seed, VISITORS, count);
  return [{ keypair: visitor, address: visitor.publicKey.toBase58(), name: 'visitor' }, ...others];
}

/**
 * What the administrator allocates: 1 to 1,000 tokens (6 decimals) for each fan, `rounds` times over. The first of the
 * allocations of a channel has number 0.
 */
export function allocationOf(
  seed: string,
  channel: string,
  fans: readonly Fan[],
  { number, rounds }: { readonly number: number; readonly rounds: number },
): Allocation[] {
  return Array.from({ length: rounds }, (_, round) => round).flatMap((round) =>
    fans.map((fan, index) => {
      const isFirst = number === 0 && round === 0;
      const place = isFirst ? [] : [number, round];
      return {
        fan,
        amount: BigInt(1 + (digest(seed, channel, 'amount', index, ...place).readUInt32BE(0) % 1000)) * 1_000_000n,
        id: `twitch:${channel}:${fan.name}${isFirst ? '' : `:${place.join('.')}`}`,
      };
    }),
  );
}
