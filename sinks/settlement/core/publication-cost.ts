/** What a publication will cost: by the chain's own word where a node gives it, by the usual figures where none does. */

import {
  computeUnitLimit,
  type PriorityFeePolicy,
  priorityFee,
  transactionFeeLamports,
  usualRentLamports,
} from './fees.ts';
import type { AccountsAnswer, SettlerPorts } from './ports.ts';
import { CallFailed, type RpcGate } from './rpc-gate.ts';

/** Bytes of a channel's account that a first publication creates, and pays the rent of. */
const CHANNEL_ACCOUNT_BYTES = 1782;
/** Compute units of one root, about, before a simulation tells. Source: measured on the program. */
export const TYPICAL_UNITS_A_ROOT = 15_000;
/** A node that gave no fees is not asked for them again before. */
const FEES_RETRY_MS = 600_000;

export class PublicationCost {
  readonly #ports: Pick<SettlerPorts, 'now'>;
  readonly #rpc: RpcGate;
  readonly #policy: PriorityFeePolicy;
  #feesUnknownUntilMs = 0;

  constructor(ports: Pick<SettlerPorts, 'now'>, rpc: RpcGate, policy: PriorityFeePolicy) {
    this.#ports = ports;
    this.#rpc = rpc;
    this.#policy = policy;
  }

  /** Micro-lamports a compute unit. @throws RpcPaused */
  async priorityFee(channels: readonly string[], attempt: number): Promise<number> {
    if (this.#policy.mode === 'fixed' || this.#policy.cap === 0) return this.#policy.cap;
    return priorityFee(this.#policy, await this.#recentFees(channels), attempt);
  }

  async #recentFees(channels: readonly string[]): Promise<readonly number[] | undefined> {
    if (this.#ports.now() < this.#feesUnknownUntilMs) return undefined;
    try {
      return await this.#rpc.call('recentPriorityFees', (chain) => chain.recentPriorityFees([...new Set(channels)]));
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      this.#feesUnknownUntilMs = this.#ports.now() + FEES_RETRY_MS;
      return undefined;
    }
  }

  /** @param channels Of each root, so that one may stand there more than once. Fee, rent of the accounts that come into being, and what the payer itself must keep. @throws RpcPaused */
  async lamportsNeeded(
    channels: readonly string[],
    price: number,
    { rings }: Pick<AccountsAnswer, 'rings'>,
  ): Promise<bigint> {
    const created = BigInt([...new Set(channels)].filter((channel) => rings.get(channel) === undefined).length);
    const rent = created === 0n ? 0n : created * (await this.#rent(CHANNEL_ACCOUNT_BYTES));
    return this.#typicalFee(channels.length, price) + rent + (await this.#rent(0));
  }

  /** Fee and rent of one root alone, about, for a reader. @throws RpcPaused */
  async describe(channel: string, { rings }: Pick<AccountsAnswer, 'rings'>): Promise<string> {
    const fee = this.#typicalFee(1, await this.priorityFee([channel], 1));
    const rent = rings.get(channel) === undefined ? await this.#rent(CHANNEL_ACCOUNT_BYTES) : 0n;
    return `fee about ${fee} lamports${rent === 0n ? '' : ` and ${rent} lamports of rent for the channel's account`}`;
  }

  #typicalFee(roots: number, price: number): bigint {
    return transactionFeeLamports(computeUnitLimit(TYPICAL_UNITS_A_ROOT * roots), price);
  }

  async #rent(bytes: number): Promise<bigint> {
    try {
      return await this.#rpc.call('rentExemptLamports', (chain) => chain.rentExemptLamports(bytes));
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      return usualRentLamports(bytes);
    }
  }
}
