import { Keypair, Transaction } from '@solana/web3.js';
import { CHANNEL_STATE_DISCRIMINATOR, CHANNEL_STATE_LAYOUTS, ringSlotBytes } from '../../accounts/account-layouts.ts';
import { base58Encode, hexToBytes } from '../../bytes.ts';
import { Address } from '../../program/address.ts';
import { PROGRAM_ID } from '../../program/program-id.ts';
import { decodeVersion1Transaction } from '../../transactions/decode-version-1.ts';
import { VERSION_1_PREFIX } from '../../transactions/version-1-layout.ts';
import type { Base58Address, ChainConnection, ChainSignatureStatus, Commitment } from '../chain-connection.ts';

/** What the chain does with the next look at a signature: its status, or an Error that the request throws. */
export type Look = ChainSignatureStatus | null | Error;

/**
 * A chain of one account list that answers looks from a script. It checks signatures for real and throws when it is asked
 * more than the script has.
 */
export class FakeChain implements ChainConnection {
  readonly accounts = new Map<string, { data: Uint8Array; owner: Base58Address }>();
  readonly sent: { transaction: Transaction; options: object | undefined }[] = [];
  /** Version 1 transactions, as they were sent. */
  readonly sentVersion1: Uint8Array[] = [];
  readonly looks: Look[] = [];
  /** Thrown by the sendings, in order; null sends. */
  readonly sendFailures: (Error | null)[] = [];
  readonly searchedHistory: boolean[] = [];
  readonly blockhash = Keypair.generate().publicKey.toBase58();
  blockHeight = 100;
  /** Newest slot of the node that answers for statuses; undefined: the same node as everything else. */
  statusSlot: number | undefined;

  async getAccountInfo(address: Base58Address) {
    return this.accounts.get(address.toBase58()) ?? null;
  }

  async getLatestBlockhash() {
    return { blockhash: this.blockhash, lastValidBlockHeight: 250 };
  }

  async getBlockHeight(_commitment?: Commitment) {
    return this.blockHeight;
  }

  async getEpochInfo(_commitment?: Commitment) {
    return { absoluteSlot: this.blockHeight + 1000, blockHeight: this.blockHeight };
  }

  async sendRawTransaction(raw: Uint8Array, options?: object) {
    if (raw[0] === VERSION_1_PREFIX) {
      this.sentVersion1.push(raw);
      return base58Encode(decodeVersion1Transaction(raw).signatures[0] ?? new Uint8Array());
    }
    const transaction = Transaction.from(raw);
    if (!transaction.verifySignatures(true)) throw new Error('a signature is missing or wrong');
    this.sent.push({ transaction, options });
    const failure = this.sendFailures.shift() ?? null;
    if (failure !== null) throw failure;
    return base58Encode(transaction.signature ?? new Uint8Array());
  }

  async getSignatureStatuses(signatures: string[], config?: { searchTransactionHistory: boolean }) {
    this.searchedHistory.push(config?.searchTransactionHistory ?? false);
    const look = this.looks.shift();
    if (look === undefined) throw new Error(`the script has no more looks for ${signatures.join()}`);
    if (look instanceof Error) throw look;
    return { context: { slot: this.statusSlot ?? this.blockHeight + 1000 }, value: [look] };
  }

  put(address: Address, data: Uint8Array, owner = PROGRAM_ID): void {
    this.accounts.set(address.toBase58(), { data, owner: new Address(owner) });
  }
}

/** Bytes of a ChannelState whose ring holds one epoch. */
export function channelStateBytes(epoch: bigint, root: Uint8Array, claimed: readonly number[] = []): Uint8Array {
  const layout = CHANNEL_STATE_LAYOUTS[0];
  if (layout === undefined) throw new Error('there is no layout');
  const bytes = new Uint8Array(layout.accountBytes);
  const view = new DataView(bytes.buffer);
  const offset = layout.ringOffset + Number(epoch % BigInt(layout.ringSlots)) * ringSlotBytes(layout);
  bytes.set(hexToBytes(CHANNEL_STATE_DISCRIMINATOR));
  view.setBigUint64(74, epoch, true);
  view.setBigUint64(offset, epoch, true);
  bytes.set(root, offset + 8);
  view.setUint16(offset + 40, claimed.length, true);
  for (const index of claimed)
    bytes[offset + 42 + (index >> 3)] = (bytes[offset + 42 + (index >> 3)] ?? 0) | (1 << (index & 7));
  return bytes;
}
