import type { Transaction, TransactionInstruction } from '@solana/web3.js';
import { base58Encode } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import type { ProgramInstruction } from '../program/program-instruction.ts';
import { loadWeb3 } from './load-web3.ts';
import type { Payer } from './payer.ts';
import type { SendOptions, SignedTransaction } from './send-options.ts';

/** Largest transaction of the legacy form. */
const MAX_TRANSACTION_BYTES = 1232;
const SIGNATURE_BYTES = 64;

/** A blockhash and the block height up to which it is accepted. */
export interface Lifetime {
  blockhash: string;
  lastValidBlockHeight: number;
}

/** Price instructions first, then the program's. */
export async function buildTransaction(
  instructions: readonly ProgramInstruction[],
  payer: Payer,
  lifetime: Lifetime,
  { computeUnitLimit, computeUnitPriceMicroLamports }: SendOptions,
): Promise<Transaction> {
  const web3 = await loadWeb3();
  const transaction = new web3.Transaction({ feePayer: new web3.PublicKey(payer.publicKey.toBytes()), ...lifetime });
  if (computeUnitLimit !== undefined) {
    transaction.add(web3.ComputeBudgetProgram.setComputeUnitLimit({ units: computeUnitLimit }));
  }
  if (computeUnitPriceMicroLamports !== undefined) {
    transaction.add(web3.ComputeBudgetProgram.setComputeUnitPrice({ microLamports: computeUnitPriceMicroLamports }));
  }
  for (const { programId, keys, data } of instructions) {
    transaction.add(
      new web3.TransactionInstruction({
        programId: new web3.PublicKey(programId.toBytes()),
        keys: keys.map((key) => ({ ...key, pubkey: new web3.PublicKey(key.pubkey.toBytes()) })),
        // web3.js types its data as Buffer but only ever reads it as bytes, and browsers have no Buffer.
        data: data as TransactionInstruction['data'],
      }),
    );
  }
  return transaction;
}

/** Whether the transaction, once signed by its payer alone, is small enough to be sent. */
export function fitsOneTransaction(transaction: Transaction): boolean {
  return 1 + SIGNATURE_BYTES + transaction.compileMessage().serialize().length <= MAX_TRANSACTION_BYTES;
}

/**
 * Signs a transaction and serialises it.
 * @throws AttentionOracleError TRANSACTION_TOO_LARGE, SIGNING_FAILED
 */
export async function signTransaction(transaction: Transaction, payer: Payer): Promise<SignedTransaction> {
  if (!fitsOneTransaction(transaction)) {
    throw new AttentionOracleError('TRANSACTION_TOO_LARGE', 'the instructions do not fit one transaction: send fewer', {
      instructions: transaction.instructions.length,
    });
  }
  const signed = await signedBy(payer, transaction);
  if (signed.signature === null) {
    throw new AttentionOracleError('SIGNING_FAILED', 'the payer gave the transaction back unsigned: sign it', {
      payer: payer.publicKey.toBase58(),
    });
  }
  return {
    signature: base58Encode(signed.signature),
    lastValidBlockHeight: transaction.lastValidBlockHeight ?? 0,
    rawTransaction: Uint8Array.from(signed.serialize()),
  };
}

async function signedBy(payer: Payer, transaction: Transaction): Promise<Transaction> {
  if ('signTransaction' in payer) return (await payer.signTransaction(transaction)) as Transaction;
  const { Keypair } = await loadWeb3();
  transaction.sign(Keypair.fromSecretKey(payer.secretKey));
  return transaction;
}
