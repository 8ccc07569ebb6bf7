/** The transaction that publishes roots: compute limit, compute price, one set_channel_merkle_root a root. */

import { base58Encode, hexToBytes } from '@attention-oracle/sdk';
import { setChannelMerkleRoot } from '@attention-oracle/sdk/web3';
import {
  ComputeBudgetProgram,
  type Keypair,
  PublicKey,
  type TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import { MAX_COMPUTE_UNITS } from './fees.ts';
import type { PublicationTransaction, TransactionFactory, TransactionTerms } from './ports.ts';
import type { RootToSettle } from './root-job.ts';

const SIGNATURE_BYTES = 64;
/** Any address, for sizes: every address takes 32 bytes. */
const ANYBODY = PublicKey.default.toBase58();
const WIDEST_TERMS: TransactionTerms = {
  blockhash: ANYBODY,
  computeUnitLimit: MAX_COMPUTE_UNITS,
  priorityFee: 2 ** 40,
};

export interface PublicationOptions {
  readonly programId: string;
  readonly mint: string;
  /** Signs and pays; undefined while nothing may be sent. */
  readonly signer: Keypair | undefined;
}

export class PublicationTransactions implements TransactionFactory {
  readonly payer: string | undefined;
  readonly #options: PublicationOptions;

  constructor(options: PublicationOptions) {
    this.#options = options;
    this.payer = options.signer?.publicKey.toBase58();
  }

  sizeBytes(roots: readonly RootToSettle[]): number {
    // A stand-in payer that is none of the instruction's other accounts, which would be counted once only.
    const payer = this.payer ?? this.#options.mint;
    return 1 + SIGNATURE_BYTES + this.#message(roots, payer, WIDEST_TERMS).serialize().length;
  }

  create(roots: readonly RootToSettle[], terms: TransactionTerms): PublicationTransaction {
    const { signer } = this.#options;
    if (signer === undefined) throw new TypeError('no signer: transactions are only described, never made');
    const transaction = new VersionedTransaction(this.#message(roots, signer.publicKey.toBase58(), terms));
    transaction.sign([signer]);
    const signature = transaction.signatures[0] ?? new Uint8Array(SIGNATURE_BYTES);
    return { signature: base58Encode(signature), wire: transaction.serialize() };
  }

  createUnsigned(roots: readonly RootToSettle[], payer: string, terms: TransactionTerms): Uint8Array {
    return new VersionedTransaction(this.#message(roots, payer, terms)).serialize();
  }

  describe(root: RootToSettle, payer: string): string {
    const { keys, programId } = this.#instruction(root, payer);
    const accounts = keys.map(
      ({ pubkey, isSigner, isWritable }) =>
        `${pubkey.toBase58()}${isSigner ? ' signer' : ''}${isWritable ? ' writable' : ''}`,
    );
    return `set_channel_merkle_root(channel ${root.channel}, epoch ${root.epoch}, root ${root.root}) to ${programId.toBase58()} with accounts [${accounts.join(', ')}]`;
  }

  #message(roots: readonly RootToSettle[], payer: string, terms: TransactionTerms): VersionedTransaction['message'] {
    // Their number is INSTRUCTIONS_BEFORE_ROOTS: errors name instructions by position.
    const instructions = [
      ComputeBudgetProgram.setComputeUnitLimit({ units: terms.computeUnitLimit }),
      ComputeBudgetProgram.setComputeUnitPrice({ microLamports: terms.priorityFee }),
      ...roots.map((root) => this.#instruction(root, payer)),
    ];
    const payerKey = new PublicKey(payer);
    const message = new TransactionMessage({ payerKey, recentBlockhash: terms.blockhash, instructions });
    return message.compileToLegacyMessage();
  }

  #instruction({ channel, epoch, root }: RootToSettle, payer: string): TransactionInstruction {
    const { mint, programId } = this.#options;
    return setChannelMerkleRoot({ payer, mint, programId, channel, epoch, root: hexToBytes(root) });
  }
}
