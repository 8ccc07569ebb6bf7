import { type SettlementConfig, workerIdOf } from './config.ts';
import type { SettlerSettings } from './core/settings.ts';

/** The settler's figures from the variables. */
export function settlerSettings(config: SettlementConfig): SettlerSettings {
  return {
    autoPublish: config.AUTO_PUBLISH,
    worker: workerIdOf(config),
    maxRootsPerTransaction: config.SETTLEMENT_MAX_ROOTS_PER_TX,
    version1: config.SETTLEMENT_TRANSACTION_VERSION === 'auto',
    lingerMs: config.SETTLEMENT_LINGER_MS,
    pollMs: config.SETTLEMENT_POLL_MS,
    rebroadcastMs: config.SETTLEMENT_REBROADCAST_MS,
    holdRetryMs: config.HOLD_RETRY_MS,
    priorityFee: { mode: config.PRIORITY_FEE_MODE, cap: config.PRIORITY_FEE_MICROLAMPORTS },
    maxFailures: config.SETTLEMENT_MAX_FAILURES,
    maxLostLamports: BigInt(config.SETTLEMENT_MAX_LOST_LAMPORTS),
    giveUp: new Map(config.SETTLEMENT_GIVE_UP.map(givenUp)),
  };
}

/** The epoch is after the last colon: a channel may hold colons. */
function givenUp(entry: string): [channel: string, upToEpoch: bigint] {
  const colon = entry.lastIndexOf(':');
  return [entry.slice(0, colon), BigInt(entry.slice(colon + 1))];
}
