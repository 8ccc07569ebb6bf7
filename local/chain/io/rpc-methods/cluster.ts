import { createHash } from 'node:crypto';
import type { ChainState } from '../../core/bank/chain-state.ts';
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
  getAgGenesisCert({ state, view }) {
    const slot = state.consensus.genesisSlot(view.slot('processed'));
    return slot === null ? null : genesisCertificate(state, slot);
  },
  getTransactionCount: ({ state }) => state.history.next,
};

/** Of the block after which Alpenglow settles: the shape of the real one; its signature is none. */
function genesisCertificate({ genesisHash, blocks }: ChainState, slot: number) {
  const bytes = (name: string, length: number): number[] => {
    const digest = createHash('sha512').update(`${name}/${genesisHash}/${slot}`).digest();
    return Array.from({ length }, (_, index) => digest[index % digest.length] ?? 0);
  };
  return {
    block: { slot: blocks.lastBlock(slot), blockId: bytes('block', 32) },
    signature: { signature: bytes('signature', 192), bitmap: bytes('bitmap', 16) },
  };
}
