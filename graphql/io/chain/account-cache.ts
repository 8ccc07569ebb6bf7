/** Accounts of the chain, remembered for a moment, asked for together. */

import DataLoader from 'dataloader';
import { AppError } from '../../../runtime/errors.ts';
import { Breaker } from '../../core/breaker.ts';
import type { AdmittedEndpoints } from './admitted-endpoints.ts';
import { type ChainAccount, MOST_ACCOUNTS, readAccounts } from './read-accounts.ts';

export interface SeenAccount {
  readonly account: ChainAccount | null;
  /** Slot of the node's state. */
  readonly slot: number;
  readonly atMs: number;
}

const TIMEOUT_MS = 2000;
/** Requests of so long go into one question. */
const GATHER_MS = 2;
const PAUSE_MS = 1000;

export class AccountCache {
  readonly #endpoints: AdmittedEndpoints;
  readonly #keepMs: number;
  readonly #seen = new Map<string, SeenAccount>();
  readonly #breaker = new Breaker({ failures: 2, pauseMs: PAUSE_MS });
  readonly #loader: DataLoader<string, SeenAccount>;
  #highestSlot = 0;

  /** @param keepMs How long an answer is given again before the chain is asked anew. */
  constructor(endpoints: AdmittedEndpoints, keepMs: number) {
    this.#endpoints = endpoints;
    this.#keepMs = keepMs;
    this.#loader = new DataLoader((addresses) => this.#read(addresses), {
      maxBatchSize: MOST_ACCOUNTS,
      batchScheduleFn: (send) => setTimeout(send, GATHER_MS),
    });
  }

  /** @throws AppError RPC_UNAVAILABLE; at once while nobody answers. */
  async load(address: string): Promise<SeenAccount> {
    const seen = this.#seen.get(address);
    if (seen !== undefined && Date.now() - seen.atMs < this.#keepMs) return seen;
    return this.#loader.load(address);
  }

  async #read(addresses: readonly string[]): Promise<(SeenAccount | Error)[]> {
    for (const address of addresses) this.#loader.clear(address);
    if (!this.#breaker.allows(Date.now())) {
      const away = new AppError('RPC_UNAVAILABLE', 'The chain did not answer a moment ago.', { retryable: true });
      return addresses.map(() => away);
    }
    try {
      const endpoints = await this.#endpoints.list();
      const { slot, accounts } = await readAccounts(endpoints, addresses, this.#highestSlot, TIMEOUT_MS);
      this.#breaker.succeeded();
      this.#highestSlot = Math.max(this.#highestSlot, slot);
      return addresses.map((address, at) => this.#remember(address, accounts[at] ?? null, slot));
    } catch (error) {
      this.#breaker.failed(Date.now());
      return addresses.map(() => (error instanceof Error ? error : new Error(String(error))));
    }
  }

  #remember(address: string, account: ChainAccount | null, slot: number): SeenAccount {
    const atMs = Date.now();
    const seen = { account, slot, atMs };
    this.#seen.delete(address);
    this.#seen.set(address, seen);
    for (const [oldest, { atMs: seenMs }] of this.#seen) {
      if (atMs - seenMs < this.#keepMs) break;
      this.#seen.delete(oldest);
    }
    return seen;
  }
}
