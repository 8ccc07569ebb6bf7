import type { ChainState } from '../core/bank/chain-state.ts';
import type { ChainView } from '../core/bank/chain-view.ts';
import type { PrioritizationFees } from '../core/ledger/prioritization-fees.ts';
import type { Faucet } from './faucet.ts';

/** What a method works with. */
export type RpcContext = {
  state: ChainState;
  /** The chain as the back end that answers this request sees it. */
  view: ChainView;
  fees: PrioritizationFees;
  faucet: Faucet;
  /** How often something was asked before, counted only under a fault plan. */
  attempt(key: string): number;
};

/** A method: parameters in, result out (or RawJson). Throws RpcError. */
export type RpcMethod = (context: RpcContext, params: readonly unknown[]) => unknown;
export type RpcMethods = Readonly<Record<string, RpcMethod>>;
