/** The settler's chain over JSON-RPC. What an answer does not say in its proper form is unknown: an error, never a value. */

import {
  base58Decode,
  bytesToHex,
  decodeChannelState,
  decodeProtocolState,
  isVersion1Open,
  TOKEN_2022_PROGRAM_ID,
  VERSION_1_GATE,
} from '@attention-oracle/sdk';
import { channelStateAddress, treasuryAddress } from '@attention-oracle/sdk/web3';
import { type AccountInfo, type Connection, PublicKey, VersionedTransaction } from '@solana/web3.js';
import { protocolStateOf } from '../../../domain/protocol-state.ts';
import { codeOf, messageOf } from '../../../runtime/errors.ts';
import {
  type AccountsAnswer,
  type Chain,
  type ChannelHistory,
  type FinalizedHead,
  isUnreadable,
  type ProtocolView,
  type Ring,
  type SignatureStatus,
  type Simulation,
  type StatusAnswer,
  type TransactionCost,
  type Unreadable,
} from '../core/ports.ts';
import { readChannelHistory } from './channel-history.ts';
import type { RpcEndpoints } from './rpc-endpoints.ts';
import { malformed } from './rpc-failure.ts';

type Account = AccountInfo<Buffer> | null | undefined;

/** After discriminator, version and bump. */
const CHANNEL_STATE_MINT_OFFSET = 10;
/** In a token account, after mint and owner. */
const TOKEN_AMOUNT_OFFSET = 64;
const SIGNATURE_BYTES = 64;
const HASH_BYTES = 32;

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
    const call = 'getEpochInfo';
    try {
      return await this.#endpoints.ask(call, async (rpc) => {
        const { absoluteSlot, blockHeight } = await rpc.getEpochInfo('finalized');
        return {
          slot: count(call, 'absoluteSlot', absoluteSlot),
          blockHeight: count(call, 'blockHeight', blockHeight),
        };
      });
    } catch (error) {
      if (codeOf(error) !== 'RPC_METHOD_MISSING') throw error;
      return this.#endpoints.ask('getBlockHeight', async (rpc) => {
        // The slot after the height: it may be too high for it, never too low.
        const blockHeight = count('getBlockHeight', 'result', await rpc.getBlockHeight('finalized'));
        return { blockHeight, slot: count('getSlot', 'result', await rpc.getSlot('finalized')) };
      });
    }
  }

  async statuses(signatures: readonly string[]): Promise<StatusAnswer> {
    // What is no signature was never sent: no node can know it, and asking would spoil the answer for the others.
    const asked = signatures.filter((signature) => hasBytes(signature, SIGNATURE_BYTES));
    try {
      return await this.#statuses(signatures, asked, true);
    } catch (error) {
      // A node that keeps no history still tells of the newest transactions; the account tells the rest.
      if (codeOf(error) !== 'HISTORY_TOO_SHORT') throw error;
      return this.#statuses(signatures, asked, false);
    }
  }

  #statuses(signatures: readonly string[], asked: string[], searchTransactionHistory: boolean): Promise<StatusAnswer> {
    const call = 'getSignatureStatuses';
    return this.#endpoints.ask(call, async (rpc) => {
      const { context, value } = await rpc.getSignatureStatuses(asked, { searchTransactionHistory });
      if (value.length !== asked.length) throw malformed(call, `has ${value.length} of ${asked.length} statuses`);
      const statuses = new Map<string, SignatureStatus | null>(signatures.map((signature) => [signature, null]));
      for (const [index, signature] of asked.entries()) {
        const status = value[index];
        if (status === null || status === undefined) continue;
        // Old nodes leave the confirmation out of what is rooted.
        const confirmation = status.confirmationStatus ?? (status.confirmations === null ? 'finalized' : 'processed');
        statuses.set(signature, { slot: count(call, 'slot', status.slot), confirmation, error: status.err });
      }
      return { contextSlot: count(call, 'context.slot', context.slot), statuses };
    });
  }

  async accounts(
    channels: readonly string[],
    payer: string | undefined,
    commitment: 'confirmed' | 'finalized',
    minContextSlot?: number,
  ): Promise<AccountsAnswer> {
    const call = 'getMultipleAccounts';
    const addresses = [
      new PublicKey(protocolStateOf(this.#mint, this.#programId)),
      new PublicKey(VERSION_1_GATE),
      ...channels.map((channel) => channelStateAddress(this.#mint, channel, this.#programId)[0]),
      ...(payer === undefined ? [] : [new PublicKey(payer)]),
    ];
    const options = { commitment, ...(minContextSlot === undefined ? {} : { minContextSlot }) };
    return this.#endpoints.ask(call, async (rpc) => {
      const { value } = await rpc.getMultipleAccountsInfoAndContext(addresses, options);
      if (value.length !== addresses.length)
        throw malformed(call, `has ${value.length} of ${addresses.length} accounts`);
      const lamports = payer === undefined ? 0 : (value.at(-1)?.lamports ?? 0);
      return {
        protocol: this.#protocol(value[0]),
        version1: isVersion1Open(value[1]),
        rings: new Map(channels.map((channel, index) => [channel, this.#ring(value[index + 2])])),
        payerLamports: BigInt(count(call, 'lamports', lamports)),
      };
    });
  }

  /** An account at a program address that the program does not own was only ever sent lamports. */
  #isOurs(account: Account): account is AccountInfo<Buffer> {
    return account?.owner.toBase58() === this.#programId;
  }

  #protocol(account: Account): ProtocolView | Unreadable | undefined {
    return this.#isOurs(account) ? readable(() => decodeProtocolState(account.data)) : undefined;
  }

  #ring(account: Account): Ring | Unreadable {
    if (!this.#isOurs(account)) return undefined;
    return readable(() =>
      decodeChannelState(account.data).ring.map(({ epoch, root, claimed }) => ({
        epoch,
        root: bytesToHex(root),
        claimed,
      })),
    );
  }

  /** The ring of every channel of the mint, by the address of its account, finalised; accounts that cannot be read are left out. */
  everyRing(): Promise<Map<string, Ring>> {
    return this.#endpoints.ask('getProgramAccounts', async (rpc) => {
      const found = await rpc.getProgramAccounts(new PublicKey(this.#programId), {
        commitment: 'finalized',
        filters: [{ memcmp: { offset: CHANNEL_STATE_MINT_OFFSET, bytes: this.#mint } }],
      });
      const rings = found.map(({ pubkey, account }) => [pubkey.toBase58(), this.#ring(account)] as const);
      return new Map(rings.flatMap(([address, ring]) => (isUnreadable(ring) ? [] : [[address, ring] as const])));
    });
  }

  /** Balance of the account that claims are paid from, finalised, base units; none where there is no such account. */
  treasury(): Promise<bigint> {
    const call = 'getAccountInfo';
    const address = treasuryAddress(this.#mint, this.#programId)[0];
    return this.#endpoints.ask(call, async (rpc) => {
      const account = await rpc.getAccountInfo(address, 'finalized');
      if (account === null) return 0n;
      if (account.owner.toBase58() !== TOKEN_2022_PROGRAM_ID || account.data.length < TOKEN_AMOUNT_OFFSET + 8) {
        throw malformed(call, `shows no token account at the treasury's address ${address.toBase58()}`);
      }
      return account.data.readBigUInt64LE(TOKEN_AMOUNT_OFFSET);
    });
  }

  latestBlockhash(): Promise<{ blockhash: string; lastValidBlockHeight: number }> {
    const call = 'getLatestBlockhash';
    return this.#endpoints.ask(call, async (rpc) => {
      const { blockhash, lastValidBlockHeight } = await rpc.getLatestBlockhash('confirmed');
      if (!hasBytes(blockhash, HASH_BYTES)) throw malformed(call, 'holds no blockhash');
      return { blockhash, lastValidBlockHeight: count(call, 'lastValidBlockHeight', lastValidBlockHeight) };
    });
  }

  simulate(wire: Uint8Array): Promise<Simulation> {
    const call = 'simulateTransaction';
    const transaction = VersionedTransaction.deserialize(wire);
    // The library reads version 1 and does not write it.
    transaction.serialize = () => wire;
    return this.#endpoints.ask(call, async (rpc) => {
      const { value } = await rpc.simulateTransaction(transaction, { sigVerify: false, commitment: 'confirmed' });
      const units = value.err === null ? count(call, 'unitsConsumed', value.unitsConsumed) : 0;
      return { error: value.err, logs: value.logs ?? [], computeUnits: units };
    });
  }

  recentPriorityFees(channels: readonly string[]): Promise<number[]> {
    const call = 'getRecentPrioritizationFees';
    const lockedWritableAccounts = channels.map(
      (channel) => channelStateAddress(this.#mint, channel, this.#programId)[0],
    );
    return this.#endpoints.ask(call, async (rpc) => {
      const fees = await rpc.getRecentPrioritizationFees({ lockedWritableAccounts });
      return fees.map(({ prioritizationFee }) => count(call, 'prioritizationFee', prioritizationFee));
    });
  }

  async rentExemptLamports(bytes: number): Promise<bigint> {
    const known = this.#rents.get(bytes);
    if (known !== undefined) return known;
    const call = 'getMinimumBalanceForRentExemption';
    const rent = await this.#endpoints.ask(call, async (rpc) => {
      const lamports = count(call, 'result', await rpc.getMinimumBalanceForRentExemption(bytes));
      // The library gives 0 where the node answers with an error.
      if (lamports === 0) throw malformed(call, 'is 0');
      return BigInt(lamports);
    });
    this.#rents.set(bytes, rent);
    return rent;
  }

  async send(wire: Uint8Array): Promise<void> {
    // Simulated already, and repeated by us: the node neither checks nor repeats.
    const send = (rpc: Connection): Promise<string> =>
      rpc.sendRawTransaction(wire, { skipPreflight: true, maxRetries: 0 });
    await this.#endpoints.tellAll('sendTransaction', send);
  }

  channelHistory(channel: string, sinceSlot: number): Promise<ChannelHistory> {
    const address = channelStateAddress(this.#mint, channel, this.#programId)[0];
    return readChannelHistory(this.#endpoints, address, this.#programId, sinceSlot);
  }

  cost(signature: string): Promise<TransactionCost | undefined> {
    const call = 'getTransaction';
    return this.#endpoints.ask(call, async (rpc) => {
      const options = { commitment: 'finalized', maxSupportedTransactionVersion: 1 } as const;
      const found = await rpc.getTransaction(signature, options);
      if (!found?.meta) return undefined;
      const { fee, computeUnitsConsumed: units } = found.meta;
      return {
        feeLamports: BigInt(count(call, 'meta.fee', fee)),
        computeUnits: units === undefined ? null : count(call, 'meta.computeUnitsConsumed', units),
      };
    });
  }
}

/** A whole number of something, from 0. @throws AppError RPC_MALFORMED */
function count(call: string, name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw malformed(call, `has ${name} ${JSON.stringify(value)?.slice(0, 40)}, not a whole number`);
}

function hasBytes(text: string, bytes: number): boolean {
  try {
    return base58Decode(text).length === bytes;
  } catch {
    return false;
  }
}

function readable<T>(decode: () => T): T | Unreadable {
  try {
    return decode();
  } catch (error) {
    return { unreadable: messageOf(error) };
  }
}
