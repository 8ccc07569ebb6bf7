import type { Role } from '../../runtime/role.ts';
import { type ChainConfig, chainConfig } from './config.ts';
import { seededFaultPlan } from './core/faults/seeded-plan.ts';
import { seedGenesis } from './core/genesis.ts';
import type { ChainOptions } from './options.ts';
import { startChain } from './start-chain.ts';

/** A recording is history of a cluster that TowerBFT settled. */
function alpenglowGenesisSlot(config: ChainConfig): number | 'never' {
  const consensus = config.CHAIN_CONSENSUS ?? (config.CHAIN_RECORDING === undefined ? 'alpenglow' : 'tower');
  return config.CHAIN_MIGRATION_SLOT ?? (consensus === 'alpenglow' ? 0 : 'never');
}

function optionsOf(config: ChainConfig): ChainOptions {
  const options: ChainOptions = {
    host: config.CHAIN_HOST,
    port: config.CHAIN_PORT,
    slotMs: config.CHAIN_SLOT_MS,
    confirmationSlots: config.CHAIN_CONFIRMATION_SLOTS,
    finalitySlots: config.CHAIN_FINALITY_SLOTS,
    alpenglowGenesisSlot: alpenglowGenesisSlot(config),
    knowsAlpenglow: config.CHAIN_KNOWS_ALPENGLOW,
    paceSteps: config.CHAIN_PACE,
    features: { version1: config.CHAIN_VERSION_1, unpaidFailures: config.CHAIN_UNPAID_FAILURES },
    startSlot: config.CHAIN_START_SLOT,
    historyLimit: config.CHAIN_HISTORY_LIMIT,
  };
  if (config.CHAIN_BLOCK_TIME_MS !== undefined) options.blockTimeMs = config.CHAIN_BLOCK_TIME_MS;
  if (config.CHAIN_DATA_DIR !== undefined) options.dataDir = config.CHAIN_DATA_DIR;
  if (config.CHAIN_RECORDING !== undefined) options.recording = config.CHAIN_RECORDING;
  if (config.CHAIN_ACCOUNTS !== undefined) options.accountsFile = config.CHAIN_ACCOUNTS;
  if (config.CHAIN_FAULT_SEED !== undefined) options.faults = seededFaultPlan(config.CHAIN_FAULT_SEED);
  if (config.CHAIN_ADMIN !== undefined) {
    options.accounts = seedGenesis({
      admin: config.CHAIN_ADMIN,
      publisher: config.CHAIN_PUBLISHER ?? config.CHAIN_ADMIN,
      ...(config.CHAIN_MINT === undefined ? {} : { mint: config.CHAIN_MINT }),
      funded: config.CHAIN_FUNDED,
      lamportsEach: config.CHAIN_FUNDED_LAMPORTS,
    }).accounts;
  }
  return options;
}

/** `ao chain`: the local chain as a process. */
export const role: Role<typeof chainConfig.shape> = {
  name: 'chain',
  config: chainConfig,
  opsPort: 9108,
  async start({ config }) {
    const chain = await startChain(optionsOf(config));
    return {
      describe: { rpcUrl: chain.rpcUrl, wsUrl: chain.wsUrl, slot: chain.control.slot('processed') },
      ready: () => ({ listening: true }),
      stop: () => chain.stop(),
    };
  },
};
