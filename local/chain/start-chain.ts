import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { type Account, type Address, EMPTY_ACCOUNT } from './core/accounts/account.ts';
import type { ChainState } from './core/bank/chain-state.ts';
import type { Commitment } from './core/bank/commitment.ts';
import { type Features, gateAccount, VERSION_1_GATE } from './core/bank/features.ts';
import type { FaultPlan } from './core/faults/fault-plan.ts';
import { Faucet } from './io/faucet.ts';
import { createHttpServer } from './io/http-server.ts';
import { RpcService } from './io/rpc-service.ts';
import { startSlotTimer } from './io/slot-timer.ts';
import { serveSubscriptions } from './io/ws-server.ts';
import { blockTimeMs, openState } from './open-state.ts';
import type { ChainOptions } from './options.ts';

/** What tests and the development start do to a chain from outside. */
export type ChainControl = {
  advanceSlots(slots: number): void;
  slot(commitment: Commitment): number;
  account(address: Address): Account | null;
  setAccount(address: Address, account: Account): void;
  /** Gives an address lamports on top of what it has. */
  fund(address: Address, lamports: bigint): void;
  setFaults(faults: FaultPlan): void;
  /** Gives up the newest slots, at most those that are not finalised. */
  rollback(slots: number): void;
  /** Lets the cluster go over from TowerBFT to Alpenglow after a slot; default: after the open one. */
  migrate(afterSlot?: number): void;
  /** From the next slot on slots take so long, in block time. */
  changePace(blockTimeMs: number): void;
  setFeatures(features: Partial<Features>): void;
};

export type Chain = {
  rpcUrl: string;
  wsUrl: string;
  port: number;
  state: ChainState;
  control: ChainControl;
  /** Answers a JSON-RPC method without HTTP; throws RpcError. */
  call(method: string, params: readonly unknown[]): unknown;
  stop(): Promise<void>;
};

/**
 * Starts a chain. @throws AppError CHAIN_PORT_UNAVAILABLE, RECORDING_UNREADABLE, RECORDING_INVALID,
 * ACCOUNTS_FILE_INVALID, JOURNAL_INVALID or CHAIN_OPTIONS_CONFLICT.
 */
export async function startChain(options: ChainOptions = {}): Promise<Chain> {
  const { state, header, journal } = await openState(options);
  const faucet = new Faucet(state.genesisHash);
  const service = new RpcService(state, faucet, options.knowsAlpenglow ?? true);
  const server = createHttpServer(service, state);
  const host = options.host ?? '127.0.0.1';
  const port = await listen(server, host, options.port ?? 0).catch((error: unknown) => {
    journal?.close();
    throw error;
  });
  const closeSockets = serveSubscriptions(server, state);
  const stopTimer =
    header.slotMs === null
      ? () => undefined
      : startSlotTimer({
          pace: state.pace,
          speed: blockTimeMs(options) / header.slotMs,
          originMs: header.originMs,
          originSlot: header.slot,
          currentSlot: () => state.blocks.last,
          advance: () => state.advance(),
        });
  return {
    rpcUrl: `http://${host}:${port}`,
    wsUrl: `ws://${host}:${port}`,
    port,
    state,
    control: controlOf(state),
    call: (method, params) => service.call(method, params),
    async stop() {
      stopTimer();
      closeSockets();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      journal?.close();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `The chain cannot listen on ${host}:${port} (${messageOf(cause)}): choose another port`;
      reject(new AppError('CHAIN_PORT_UNAVAILABLE', message, { cause }));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function controlOf(state: ChainState): ChainControl {
  return {
    advanceSlots(slots) {
      for (let i = 0; i < slots; i++) state.advance();
    },
    slot: (commitment) => state.slot(commitment),
    account: (address) => state.accounts.get(address),
    setAccount: (address, account) => state.setAccount(address, account),
    fund(address, lamports) {
      const account = state.accounts.get(address) ?? EMPTY_ACCOUNT;
      state.setAccount(address, { ...account, lamports: account.lamports + lamports });
    },
    setFaults(faults) {
      state.faults = faults;
    },
    rollback: (slots) => state.rollback(slots),
    migrate: (afterSlot = state.slot('processed')) => state.consensus.migrateAfter(afterSlot),
    changePace: (ms) => state.pace.change({ fromSlot: state.blocks.last + 1, blockTimeMs: ms }),
    setFeatures(features) {
      state.features = { ...state.features, ...features };
      state.setAccount(VERSION_1_GATE, gateAccount(state.features.version1 ? state.slot('processed') : null));
    },
  };
}
