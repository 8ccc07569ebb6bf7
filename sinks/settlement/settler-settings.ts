import { type SettlementConfig, workerIdOf } from './config.ts';
import type { PolicySettings } from './core/policy/policies.ts';
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
    policies: policySettings(config),
    giveUp: new Map(config.SETTLEMENT_GIVE_UP.map(givenUp)),
  };
}

/** The policies that the variables switch on. */
export function policySettings(config: SettlementConfig): PolicySettings {
  const { SETTLEMENT_CLAIM_WINDOW_SECS: windowSecs } = config;
  return {
    approvals: config.SETTLEMENT_APPROVALS,
    followsCutover: config.SETTLEMENT_FOLLOWS_CUTOVER,
    channels: {
      allowed: new Set(config.SETTLEMENT_CHANNELS),
      denied: new Set(config.SETTLEMENT_CHANNELS_DENIED),
    },
    minimumClaims: config.SETTLEMENT_MIN_CLAIMS,
    countGuard: config.SETTLEMENT_COUNT_RANGE,
    maxAmount: config.SETTLEMENT_MAX_AMOUNT,
    lagSlots: config.SETTLEMENT_LAG_SLOTS,
    solvency: config.SETTLEMENT_SOLVENCY,
    claimWindowMs: windowSecs === undefined ? undefined : windowSecs * 1000,
    lamportsPerDay: config.SETTLEMENT_LAMPORTS_PER_DAY,
  };
}

/** The epoch is after the last colon: a channel may hold colons. */
function givenUp(entry: string): [channel: string, upToEpoch: bigint] {
  const colon = entry.lastIndexOf(':');
  return [entry.slice(0, colon), BigInt(entry.slice(colon + 1))];
}
