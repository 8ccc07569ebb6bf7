/** The transaction that publishes roots: compute limit and price, and one set_channel_merkle_root a root. */

import {
  base58Encode,
  compileVersion1Message,
  hexToBytes,
  priorityFeeLamports,
  type SetChannelMerkleRootInput,
  serializeVersion1Transaction,
  setChannelMerkleRoot,
  type Version1Input,
  version1Size,
} from '@attention-oracle/sdk';
import { setChannelMerkleRoot as setChannelMerkleRootForWeb3 } from '@attention-oracle/sdk/web3';
import {
  ComputeBudgetProgram,
  type Message,
  PublicKey,
  type TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import { AppError } from '../../../runtime/errors.ts';
import { MAX_COMPUTE_UNITS } from './fees.ts';
import type { PublicationTransaction, TransactionFactory, TransactionSize, TransactionTerms } from './ports.ts';
import type { RootToSettle } from './root-job.ts';
import type { Signer } from './signer.ts';
import type { TransactionForm } from './transaction-form.ts';

const SIGNATURE_BYTES = 64;
/** Any address, for sizes: every address takes 32 bytes. */
const ANYBODY = PublicKey.default.toBase58();
const WIDEST_TERMS: Omit<TransactionTerms, 'form'> = {
  blockhash: ANYBODY,
  computeUnitLimit: MAX_COMPUTE_UNITS,
  priorityFee: 2 ** 40,
};

export interface PublicationOptions {
  readonly programId: string;
  readonly mint: string;
  /** Signs and pays; undefined while nothing may be sent. */
  readonly signer: Signer | undefined;
}

export class PublicationTransactions implements TransactionFactory {
  readonly #options: PublicationOptions;

  constructor(options: PublicationOptions) {
    this.#options = options;
  }

  get payer(): string | undefined {
    return this.#options.signer?.current.address;
  }

  size(roots: readonly RootToSettle[], form: TransactionForm): TransactionSize {
    // A stand-in payer that is none of the instruction's other accounts, which would be counted once only.
    const payer = this.payer ?? this.#options.mint;
    if (form === 'version1') return version1Size(this.#version1(roots, payer, { ...WIDEST_TERMS, form }));
    const message = this.#legacy(roots, payer, { ...WIDEST_TERMS, form });
    return { bytes: 1 + SIGNATURE_BYTES + message.serialize().length, addresses: message.staticAccountKeys.length };
  }

  async create(
    roots: readonly RootToSettle[],
    terms: TransactionTerms,
    payer: string,
  ): Promise<PublicationTransaction> {
    const key = this.#options.signer?.current;
    if (key === undefined) throw new TypeError('no signer: transactions are only described, never made');
    if (key.address !== payer) throw rotated(payer, key.address);
    if (terms.form === 'version1') {
      const message = compileVersion1Message(this.#version1(roots, payer, terms));
      const { signature, rawTransaction } = serializeVersion1Transaction(message, [await key.sign(message)]);
      return { signature, wire: rawTransaction };
    }
    const transaction = new VersionedTransaction(this.#legacy(roots, payer, terms));
    const signature = await key.sign(transaction.message.serialize());
    transaction.addSignature(new PublicKey(payer), signature);
    return { signature: base58Encode(signature), wire: transaction.serialize() };
  }

  createUnsigned(roots: readonly RootToSettle[], payer: string, terms: TransactionTerms): Uint8Array {
    if (terms.form === 'legacy') return new VersionedTransaction(this.#legacy(roots, payer, terms)).serialize();
    const message = compileVersion1Message(this.#version1(roots, payer, terms));
    return serializeVersion1Transaction(message, [new Uint8Array(SIGNATURE_BYTES)]).rawTransaction;
  }

  describe(root: RootToSettle, payer: string): string {
    const { keys, programId } = this.#instruction(root, payer);
    const accounts = keys.map(
      ({ pubkey, isSigner, isWritable }) =>
        `${pubkey.toBase58()}${isSigner ? ' signer' : ''}${isWritable ? ' writable' : ''}`,
    );
    return `set_channel_merkle_root(channel ${root.channel}, epoch ${root.epoch}, root ${root.root}) to ${programId.toBase58()} with accounts [${accounts.join(', ')}]`;
  }

  /** Without compute-budget instructions: its limits stand in the message. */
  #version1(roots: readonly RootToSettle[], payer: string, terms: TransactionTerms): Version1Input {
    const { computeUnitLimit, priorityFee, blockhash } = terms;
    return {
      feePayer: payer,
      blockhash,
      instructions: roots.map((root) => setChannelMerkleRoot(this.#input(root, payer))),
      config: { computeUnitLimit, priorityFeeLamports: priorityFeeLamports(computeUnitLimit, priorityFee) },
    };
  }

  #legacy(roots: readonly RootToSettle[], payer: string, terms: TransactionTerms): Message {
    // Their number is FORM_LIMITS.legacy.instructionsBefore: errors name instructions by position.
    const instructions = [
      ComputeBudgetProgram.setComputeUnitLimit({ units: terms.computeUnitLimit }),
      ComputeBudgetProgram.setComputeUnitPrice({ microLamports: terms.priorityFee }),
      ...roots.map((root) => this.#instruction(root, payer)),
    ];
    const payerKey = new PublicKey(payer);
    const message = new TransactionMessage({ payerKey, recentBlockhash: terms.blockhash, instructions });
    return message.compileToLegacyMessage();
  }

  #instruction(root: RootToSettle, payer: string): TransactionInstruction {
    return setChannelMerkleRootForWeb3(this.#input(root, payer));
  }

  #input({ channel, epoch, root }: RootToSettle, payer: string): SetChannelMerkleRootInput {
    const { mint, programId } = this.#options;
    return { payer, mint, programId, channel, epoch, root: hexToBytes(root) };
  }
}

/** The key was changed between the checks of the former one and the signature. */
function rotated(checked: string, now: string): AppError {
  return new AppError(
    'SIGNER_ROTATED',
    `The settlement key was changed from ${checked} to ${now} while a transaction was made; it is made again with the new one.`,
    { retryable: true },
  );
}
