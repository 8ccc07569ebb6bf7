import type { RpcMethods } from '../rpc-context.ts';
import { API_VERSION, configAt, slotFor } from './parameters.ts';

const SLOTS_PER_EPOCH = 432_000;

/** What a client asks about the cluster and its slots. */
export const clusterMethods: RpcMethods = {
  getHealth: () => 'ok',
  getVersion: () => ({ 'feature-set': 3_640_012_085, 'solana-core': API_VERSION }),
  getGenesisHash: ({ state }) => state.genesisHash,
  getIdentity: ({ faucet }) => ({ identity: faucet.address }),
  getSlot: (context, params) => slotFor(context, configAt(params, 0)).slot,
  getBlockHeight: (context, params) => context.state.blocks.height(slotFor(context, configAt(params, 0)).slot),
  // While no transaction was dropped, nothing that ever happened is missing: the slots below the first block are skipped ones.
  getFirstAvailableBlock: ({ state }) =>
    state.history.floor === 0 ? 0 : Math.min(state.history.slot(state.history.floor), state.blocks.first),
  minimumLedgerSlot: ({ state }) => state.blocks.first,
  getEpochInfo(context, params) {
    const { slot } = slotFor(context, configAt(params, 0));
    return {
      absoluteSlot: slot,
      blockHeight: context.state.blocks.height(slot),
      epoch: Math.floor(slot / SLOTS_PER_EPOCH),
      slotIndex: slot % SLOTS_PER_EPOCH,
      slotsInEpoch: SLOTS_PER_EPOCH,
      transactionCount: context.state.history.next,
    };
  },
  getEpochSchedule: () => ({
    firstNormalEpoch: 0,
    firstNormalSlot: 0,
    leaderScheduleSlotOffset: SLOTS_PER_EPOCH,
    slotsPerEpoch: SLOTS_PER_EPOCH,
    warmup: false,
  }),
  getTransactionCount: ({ state }) => state.history.next,
};
