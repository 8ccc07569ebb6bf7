/**
 * The claims from one root, pursued by what the chain's account says: a claim, or the first allocation, that a fork took back
 * is made again, until all are final or a later epoch has taken the root's place in the ring.
 */

import { CHANNEL_STATE_LAYOUTS, MerkleTree } from '@attention-oracle/sdk';
import type { TrafficChain } from './chain-client.ts';
import type { FanClaim } from './claim.ts';
import type { TrafficConfig } from './config.ts';
import { allocationOf, type Fan } from './fans.ts';
import { fanProofs, type SettledRoot } from './proofs.ts';

export interface CampaignClaim {
  readonly fan: Fan;
  readonly claim: FanClaim;
}

export interface Campaign {
  readonly channel: string;
  readonly epoch: bigint;
  readonly claims: readonly CampaignClaim[];
  /** Publishes the root; undefined for roots that the platform publishes. */
  readonly publish: ((chain: TrafficChain) => Promise<void>) | undefined;
}

/** What a channel's ring holds, by the newest build of the program that we know. */
const { ringSlots, claimsPerSlot } = CHANNEL_STATE_LAYOUTS[0] ?? { ringSlots: 1, claimsPerSlot: 1 };

/**
 * What the administrator allocates in the epochs below those of our roots, one campaign after the other: one small allocation,
 * or as many claims as the ring slots below EPOCH_BASE hold.
 */
export function* allocations(config: TrafficConfig, channel: string, fans: readonly Fan[]): Generator<Campaign, void> {
  const newest = config.EPOCH_BASE > 0n ? config.EPOCH_BASE - 1n : 0n;
  yield allocation(config, channel, fans, newest, 0);
  if (config.TRAFFIC_ALLOCATIONS === 'first') return;
  for (let number = 1; number < ringSlots; number += 1) {
    const epoch = newest - BigInt(number);
    // Epoch 0 is what an empty ring slot says of itself.
    if (epoch <= 0n) return;
    yield allocation(config, channel, fans, epoch, number);
  }
}

function allocation(
  config: TrafficConfig,
  channel: string,
  fans: readonly Fan[],
  epoch: bigint,
  number: number,
): Campaign {
  const rounds = config.TRAFFIC_ALLOCATIONS === 'all' ? Math.max(1, Math.floor(claimsPerSlot / fans.length)) : 1;
  const allocated = allocationOf(config.TRAFFIC_SEED, channel, fans, { number, rounds });
  const leaves = allocated.map(({ fan, amount, id }) => ({ claimer: fan.address, amount, id }));
  const tree = new MerkleTree(leaves);
  return {
    channel,
    epoch,
    claims: allocated.map(({ fan, amount, id }, index) => ({
      fan,
      claim: { channel, epoch, index, amount, id, proof: tree.proof(index) },
    })),
    publish: (chain) => chain.allocate(channel, epoch, leaves),
  };
}

/** The claims from a settled root, with the proofs that the gateway gives each fan. */
export async function campaignOf(
  config: TrafficConfig,
  root: SettledRoot,
  fans: readonly Fan[],
  signal: AbortSignal,
): Promise<Campaign> {
  const { channel, epoch } = root;
  const claims: CampaignClaim[] = [];
  for (const fan of fans) {
    for (const proof of await fanProofs(config.GATEWAY_URL, fan.address, root, signal)) {
      claims.push({ fan, claim: { channel, epoch, ...proof } });
    }
  }
  return { channel, epoch, claims, publish: undefined };
}

/** One look at the chain and what it asks for. @returns whether nothing is left to do. */
export async function advance(
  { channel, epoch, claims, publish }: Campaign,
  chain: TrafficChain,
  makeClaim: (claim: CampaignClaim) => Promise<void>,
): Promise<boolean> {
  let root = await chain.rootOnChain(channel, epoch, 'confirmed');
  if (root.kind === 'passed') return true;
  if (root.kind === 'absent') {
    await publish?.(chain);
    root = await chain.rootOnChain(channel, epoch, 'confirmed');
  }
  if (root.kind !== 'held') return false;
  const { isClaimed } = root;
  const due = claims.filter(({ claim }) => !isClaimed(claim.index));
  for (const claim of due) await makeClaim(claim);
  if (due.length > 0) return false;
  const final = await chain.rootOnChain(channel, epoch, 'finalized');
  return final.kind === 'held' && claims.every(({ claim }) => final.isClaimed(claim.index));
}
