/** What fans and the administrator do on the chain. */

import {
  type Claim,
  channelStateAddress,
  claimChannelOpen,
  decodeChannelState,
  MerkleTree,
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

export interface TrafficChain {
  /** Gives SOL to whoever has none, and waits for it. */
  fund(addresses: readonly string[]): Promise<void>;
  /** Publishes an allocation unless the channel's ring holds that epoch or a later one in its slot. */
  allocate(channel: string, epoch: bigint, claims: readonly Claim[]): Promise<void>;
  /** Sends a claim; true when it succeeded on chain, false when the program refused it. */
  claim(fan: Fan, claim: FanClaim): Promise<boolean>;
}

export function trafficChain(connection: Connection, mint: string, programId: string, admin: Keypair): TrafficChain {
  const submit = async (instruction: TransactionInstruction, signer: Keypair): Promise<boolean> => {
    const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash('confirmed');
    const transaction = new Transaction({ feePayer: signer.publicKey, blockhash, lastValidBlockHeight }).add(
      instruction,
    );
    transaction.sign(signer);
    const signature = await connection.sendRawTransaction(transaction.serialize());
    const { value } = await connection.confirmTransaction({ signature, blockhash, lastValidBlockHeight }, 'confirmed');
    return value.err === null;
  };

  return {
    async fund(addresses) {
      const keys = addresses.map((address) => new PublicKey(address));
      for (const key of keys) {
        if ((await connection.getBalance(key, 'confirmed')) < LAMPORTS_PER_SOL / 10)
          await connection.requestAirdrop(key, LAMPORTS_PER_SOL);
      }
      const last = keys.at(-1);
      while (last !== undefined && (await connection.getBalance(last, 'confirmed')) === 0) await nextSlot(connection);
    },

    async allocate(channel, epoch, claims) {
      const [address] = channelStateAddress(mint, channel, programId);
      const account = await connection.getAccountInfo(new PublicKey(address.toBytes()), 'confirmed');
      const newest = account === null ? undefined : decodeChannelState(account.data).latestEpoch;
      if (newest !== undefined && newest >= epoch) return;
      const root = new MerkleTree([...claims]).root();
      const input = { payer: admin.publicKey, mint, channel, epoch, root, programId };
      const published = await submit(toTransactionInstruction(setChannelMerkleRoot(input)), admin);
      if (!published) throw new Error(`the chain refused the first allocation of ${channel}`);
    },

    claim: (fan, { channel, epoch, index, amount, id, proof }) =>
      submit(
        toTransactionInstruction(
          claimChannelOpen({
            claimer: fan.keypair.publicKey,
            mint,
            channel,
            epoch,
            index,
            amount,
            id,
            proof,
            programId,
          }),
        ),
        fan.keypair,
      ),
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
