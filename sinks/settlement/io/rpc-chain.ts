/** The settler's chain over JSON-RPC. */

import { bytesToHex, decodeChannelState, decodeProtocolState } from '@attention-oracle/sdk';
import { channelStateAddress, protocolStateAddress } from '@attention-oracle/sdk/web3';
import { type AccountInfo, PublicKey, VersionedTransaction } from '@solana/web3.js';
import { AppError } from '../../../runtime/errors.ts';
import type {
  AccountsAnswer,
  Chain,
  FinalizedHead,
  ProtocolView,
  Ring,
  Simulation,
  StatusAnswer,
  TransactionCost,
} from '../core/ports.ts';
import type { RpcEndpoints } from './rpc-endpoints.ts';

type Account = AccountInfo<Buffer> | null | undefined;

export class RpcChain implements Chain {
  readonly #endpoints: RpcEndpoints;
  readonly #mint: string;
  readonly #programId: string;
  readonly #rents = new Map<number, bigint>();

  constructor(endpoints: RpcEndpoints, program: { readonly mint: string; readonly programId: string }) {
    this.#endpoints = endpoints;
    this.#mint = program.mint;
    this.#programId = program.programId;
  }

  async finalizedHead(): Promise<FinalizedHead> {
    const info = await this.#endpoints.ask((rpc) => rpc.getEpochInfo('finalized'));
    if (info.blockHeight === undefined) throw incomplete('getEpochInfo', 'blockHeight');
    return { slot: info.absoluteSlot, blockHeight: info.blockHeight };
  }

  async statuses(signatures: readonly string[]): Promise<StatusAnswer> {
    const { context, value } = await this.#endpoints.ask((rpc) =>
      rpc.getSignatureStatuses([...signatures], { searchTransactionHistory: true }),
    );
    const statuses = new Map(
      signatures.map((signature, index) => {
        const status = value[index] ?? null;
        if (status === null) return [signature, null];
        // Old nodes leave the confirmation out of what is rooted.
        const confirmation = status.confirmationStatus ?? (status.confirmations === null ? 'finalized' : 'processed');
        return [signature, { slot: status.slot, confirmation, error: status.err }];
      }),
    );
    return { contextSlot: context.slot, statuses };
  }

  async accounts(
    channels: readonly string[],
    payer: string | undefined,
    commitment: 'confirmed' | 'finalized',
    minContextSlot?: number,
  ): Promise<AccountsAnswer> {
    const addresses = [
      protocolStateAddress(this.#mint, this.#programId)[0],
      ...channels.map((channel) => channelStateAddress(this.#mint, channel, this.#programId)[0]),
      ...(payer === undefined ? [] : [new PublicKey(payer)]),
    ];
    const options = { commitment, ...(minContextSlot === undefined ? {} : { minContextSlot }) };
    const { value } = await this.#endpoints.ask((rpc) => rpc.getMultipleAccountsInfoAndContext(addresses, options));
    if (value.length !== addresses.length) throw incomplete('getMultipleAccounts', `${addresses.length} accounts`);
    return {
      protocol: this.#protocol(value[0]),
      rings: new Map(channels.map((channel, index) => [channel, this.#ring(value[index + 1])])),
      payerLamports: BigInt(payer === undefined ? 0 : (value.at(-1)?.lamports ?? 0)),
    };
  }

  /** An account at a program address that the program does not own was only ever sent lamports. */
  #isOurs(account: Account): account is AccountInfo<Buffer> {
    return account?.owner.toBase58() === this.#programId;
  }

  #protocol(account: Account): ProtocolView | undefined {
    return this.#isOurs(account) ? decodeProtocolState(account.data) : undefined;
  }

  #ring(account: Account): Ring {
    if (!this.#isOurs(account)) return undefined;
    return decodeChannelState(account.data).ring.map(({ epoch, root }) => ({ epoch, root: bytesToHex(root) }));
  }

  async latestBlockhash(): Promise<{ blockhash: string; lastValidBlockHeight: number }> {
    return this.#endpoints.ask((rpc) => rpc.getLatestBlockhash('confirmed'));
  }

  async simulate(wire: Uint8Array): Promise<Simulation> {
    const transaction = VersionedTransaction.deserialize(wire);
    const { value } = await this.#endpoints.ask((rpc) =>
      rpc.simulateTransaction(transaction, { sigVerify: false, commitment: 'confirmed' }),
    );
    if (value.err === null && value.unitsConsumed === undefined) {
      throw incomplete('simulateTransaction', 'unitsConsumed');
    }
    return { error: value.err, logs: value.logs ?? [], computeUnits: value.unitsConsumed ?? 0 };
  }

  async recentPriorityFees(channels: readonly string[]): Promise<number[]> {
    const lockedWritableAccounts = channels.map(
      (channel) => channelStateAddress(this.#mint, channel, this.#programId)[0],
    );
    const fees = await this.#endpoints.ask((rpc) => rpc.getRecentPrioritizationFees({ lockedWritableAccounts }));
    return fees.map(({ prioritizationFee }) => prioritizationFee);
  }

  async rentExemptLamports(bytes: number): Promise<bigint> {
    let rent = this.#rents.get(bytes);
    if (rent === undefined) {
      rent = BigInt(await this.#endpoints.ask((rpc) => rpc.getMinimumBalanceForRentExemption(bytes)));
      this.#rents.set(bytes, rent);
    }
    return rent;
  }

  async send(wire: Uint8Array): Promise<void> {
    // Simulated already, and repeated by us: the node neither checks nor repeats.
    await this.#endpoints.tellAll((rpc) => rpc.sendRawTransaction(wire, { skipPreflight: true, maxRetries: 0 }));
  }

  async cost(signature: string): Promise<TransactionCost | undefined> {
    const found = await this.#endpoints.ask((rpc) =>
      rpc.getTransaction(signature, { commitment: 'finalized', maxSupportedTransactionVersion: 1 }),
    );
    if (!found?.meta) return undefined;
    return { feeLamports: BigInt(found.meta.fee), computeUnits: found.meta.computeUnitsConsumed ?? null };
  }
}

function incomplete(method: string, part: string): AppError {
  return new AppError('RPC_INCOMPLETE', `The node's answer to ${method} lacks ${part}.`, { retryable: true });
}
