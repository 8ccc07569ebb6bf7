/** Sends instructions and waits until they are confirmed, by polling: some nodes have no WebSocket, or none that is reliable. */

import { base58Encode, type ProgramInstruction, sendAndConfirm } from '@attention-oracle/sdk';
import { toTransactionInstruction } from '@attention-oracle/sdk/web3';
import { type Connection, type Keypair, Transaction } from '@solana/web3.js';

const POLL_MS = 250;

/**
 * @param signers The first one pays.
 * @throws AttentionOracleError PROGRAM_…, TRANSACTION_…
 */
export async function submit(
  connection: Connection,
  instructions: readonly ProgramInstruction[],
  signers: readonly [Keypair, ...Keypair[]],
  abortSignal?: AbortSignal,
): Promise<void> {
  const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash('confirmed');
  const transaction = new Transaction({ feePayer: signers[0].publicKey, blockhash, lastValidBlockHeight });
  transaction.add(...instructions.map(toTransactionInstruction)).sign(...signers);
  const signed = {
    signature: base58Encode(transaction.signature ?? new Uint8Array()),
    lastValidBlockHeight,
    rawTransaction: Uint8Array.from(transaction.serialize()),
  };
  await sendAndConfirm(connection, signed, {
    commitment: 'confirmed',
    pollIntervalMs: POLL_MS,
    ...(abortSignal === undefined ? {} : { abortSignal }),
  });
}
