/** What fans and the administrator do on the chain. */

import {
  type Claim,
  channelStateAddress,
  claimChannelOpen,
  decodeChannelState,
  isClaimed,
  MerkleTree,
  ringSlotOf,
  setChannelMerkleRoot,
} from '@attention-oracle/sdk';
import { type Connection, type Keypair, PublicKey } from '@solana/web3.js';
import { fund as fundAll } from '../protocol/io/fund.ts';
import { submit } from '../protocol/io/submit.ts';
import type { Fan, FanClaim } from './claim.ts';

export type Commitment = 'confirmed' | 'finalized';

/** What a fan needs for its token account and some claims. */
const LEAST_LAMPORTS = 5_000_000n;
/** What the administrator gives a fan where the chain has no faucet. */
const GIVEN_LAMPORTS = 10_000_000n;

/** What the chain knows of a root's claims. */
export type RootOnChain =
  /** The ring holds the epoch; tells whether the claim at an index was made. */
  | { readonly kind: 'held'; isClaimed(index: number): boolean }
  /** The ring does not hold it, and could take it. */
  | { readonly kind: 'absent' }
  /** A later epoch stands in its place: nothing can be claimed from it any more. */
  | { readonly kind: 'passed' };

export interface TrafficChain {
  /** Gives SOL to whoever has none, from the faucet or from the administrator, and waits for it. @throws AppError FUNDS_MISSING */
  fund(addresses: readonly string[]): Promise<void>;
  rootOnChain(channel: string, epoch: bigint, commitment: Commitment): Promise<RootOnChain>;
  /** Publishes an allocation. */
  allocate(channel: string, epoch: bigint, claims: readonly Claim[]): Promise<void>;
  /** Sends a claim and waits until it is confirmed. A fan who has lost its SOL gets some. @throws when the chain refuses it or it expires. */
  claim(fan: Fan, claim: FanClaim): Promise<void>;
}

export interface TrafficChainInput {
  readonly connection: Connection;
  readonly mint: string;
  readonly programId: string;
  readonly admin: Keypair;
  readonly signal: AbortSignal;
}

export function trafficChain({ connection, mint, programId, admin, signal }: TrafficChainInput): TrafficChain {
  const funding = { connection, leastLamports: LEAST_LAMPORTS, giver: admin, givenLamports: GIVEN_LAMPORTS, signal };
  const fund = (addresses: readonly string[]): Promise<void> => fundAll(funding, addresses);

  return {
    fund,

    async rootOnChain(channel, epoch, commitment) {
      const [address] = channelStateAddress(mint, channel, programId);
      const account = await connection.getAccountInfo(new PublicKey(address.toBytes()), commitment);
      if (account === null) return { kind: 'absent' };
      const slot = ringSlotOf(decodeChannelState(account.data), epoch);
      if (slot.epoch === epoch) return { kind: 'held', isClaimed: (index) => isClaimed(slot, index) };
      return { kind: slot.epoch > epoch ? 'passed' : 'absent' };
    },

    async allocate(channel, epoch, claims) {
      const root = new MerkleTree([...claims]).root();
      const input = { payer: admin.publicKey, mint, channel, epoch, root, programId };
      await submit(connection, [setChannelMerkleRoot(input)], [admin], signal);
    },

    async claim(fan, { channel, epoch, index, amount, id, proof }) {
      const claimer = fan.keypair.publicKey;
      const input = { claimer, mint, channel, epoch, index, amount, id, proof, programId };
      try {
        await submit(connection, [claimChannelOpen(input)], [fan.keypair], signal);
      } catch (error) {
        // A slot that was given up may have taken the fan's SOL with it.
        await fund([claimer.toBase58()]);
        throw error;
      }
    },
  };
}
