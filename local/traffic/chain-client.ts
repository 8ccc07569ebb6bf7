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
import { toTransactionInstruction } from '@attention-oracle/sdk/web3';
import {
  type Connection,
  type Keypair,
  LAMPORTS_PER_SOL,
  PublicKey,
  Transaction,
  type TransactionInstruction,
} from '@solana/web3.js';
import type { Fan, FanClaim } from './claim.ts';

export type Commitment = 'confirmed' | 'finalized';

/** Slots after which an airdrop that is not seen is asked for again. */
const AIRDROP_SLOTS = 10;

/** What the chain knows of a root's claims. */
export type RootOnChain =
  /** The ring holds the epoch; tells whether the claim at an index was made. */
  | { readonly kind: 'held'; isClaimed(index: number): boolean }
  /** The ring does not hold it, and could take it. */
  | { readonly kind: 'absent' }
  /** A later epoch stands in its place: nothing can be claimed from it any more. */
  | { readonly kind: 'passed' };

export interface TrafficChain {
  /** Gives SOL to whoever has none, and waits for it. */
  fund(addresses: readonly string[]): Promise<void>;
  rootOnChain(channel: string, epoch: bigint, commitment: Commitment): Promise<RootOnChain>;
  /** Publishes an allocation. */
  allocate(channel: string, epoch: bigint, claims: readonly Claim[]): Promise<void>;
  /** Sends a claim and waits until it is confirmed. A fan who has lost its SOL gets some. @throws when the chain refuses it or it expires. */
  claim(fan: Fan, claim: FanClaim): Promise<void>;
}

export function trafficChain(connection: Connection, mint: string, programId: string, admin: Keypair): TrafficChain {
  const submit = async (instruction: TransactionInstruction, signer: Keypair): Promise<void> => {
    const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash('confirmed');
    const transaction = new Transaction({ feePayer: signer.publicKey, blockhash, lastValidBlockHeight }).add(
      instruction,
    );
    transaction.sign(signer);
    const signature = await connection.sendRawTransaction(transaction.serialize());
    const { value } = await connection.confirmTransaction({ signature, blockhash, lastValidBlockHeight }, 'confirmed');
    if (value.err !== null) throw new Error(`the program refused it: ${JSON.stringify(value.err)}`);
  };

  const isFunded = async (key: PublicKey): Promise<boolean> =>
    (await connection.getBalance(key, 'confirmed')) >= LAMPORTS_PER_SOL / 10;

  const fundOne = async (key: PublicKey): Promise<void> => {
    // A slot that is given up may take the airdrop with it: then it is asked for again.
    for (let slots = 0; !(await isFunded(key)); slots += 1) {
      if (slots % AIRDROP_SLOTS === 0) await connection.requestAirdrop(key, LAMPORTS_PER_SOL);
      await nextSlot(connection);
    }
  };
  const fund = async (addresses: readonly string[]): Promise<void> =>
    void (await Promise.all(addresses.map((address) => fundOne(new PublicKey(address)))));

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
      await submit(toTransactionInstruction(setChannelMerkleRoot(input)), admin);
    },

    async claim(fan, { channel, epoch, index, amount, id, proof }) {
      const claimer = fan.keypair.publicKey;
      const input = { claimer, mint, channel, epoch, index, amount, id, proof, programId };
      try {
        await submit(toTransactionInstruction(claimChannelOpen(input)), fan.keypair);
      } catch (error) {
        // A slot that was given up may have taken the fan's SOL with it.
        await fund([claimer.toBase58()]);
        throw error;
      }
    },
  };
}

/** Resolves at the next slot that the node tells of. */
function nextSlot(connection: Connection): Promise<void> {
  return new Promise((resolve) => {
    const id = connection.onSlotChange(() => {
      void connection.removeSlotChangeListener(id);
      resolve();
    });
  });
}
