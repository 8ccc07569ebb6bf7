/** The policies' eyes, where the configuration gives them some. */

import { AppError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { createPool } from '../../../runtime/postgres/pool.ts';
import type { SettlementConfig } from '../config.ts';
import type { PolicyEvidence } from '../core/policy/evidence.ts';
import { lookUpsOf, type PolicySettings, policiesOf } from '../core/policy/policies.ts';
import { LivePolicyEvidence, type MintChain } from './policy-evidence.ts';
import { PostgresPromises } from './promise-book.ts';
import { PostgresSinkTables } from './sink-tables.ts';

/** Answers that are later are of no use to a policy. */
const QUERY_TIMEOUT_MS = 5000;
const CONNECTIONS = 3;

export interface ConnectedEvidence {
  /** Undefined where no database is named. */
  readonly evidence: PolicyEvidence | undefined;
  close(): Promise<void>;
}

/** Does not wait for the database. @throws AppError CONFIG_INVALID where a policy needs one and none is named. */
export function connectEvidence(
  config: SettlementConfig,
  policies: PolicySettings,
  chain: MintChain,
  workerId: string,
  log: Logger,
): ConnectedEvidence {
  const { SETTLEMENT_DATABASE_URL, DATABASE_SCHEMA, DATABASE_POOLER } = config;
  if (SETTLEMENT_DATABASE_URL === undefined) {
    const needed = [...lookUpsOf(policiesOf(policies))];
    if (needed.length === 0) return { evidence: undefined, close: async () => undefined };
    throw new AppError(
      'CONFIG_INVALID',
      "Wrong configuration. SETTLEMENT_MAX_AMOUNT, SETTLEMENT_LAG_SLOTS, SETTLEMENT_CLAIM_WINDOW_SECS, SETTLEMENT_FOLLOWS_CUTOVER=true and SETTLEMENT_SOLVENCY=hold need SETTLEMENT_DATABASE_URL, the sink's database: unset them or name it.",
    );
  }
  const settings = {
    ...{ DATABASE_URL: SETTLEMENT_DATABASE_URL, DATABASE_SCHEMA, DATABASE_POOLER },
    DATABASE_POOL_SIZE: CONNECTIONS,
  };
  const pool = createPool(settings, 'ao-settlement', log, { queryTimeoutMs: QUERY_TIMEOUT_MS });
  const evidence = new LivePolicyEvidence({
    tables: new PostgresSinkTables(pool),
    promises: new PostgresPromises(pool, workerId),
    ...{ chain, mint: config.MINT_PUBKEY, programId: config.AO_PROGRAM_ID, partitions: config.KAFKA_PARTITIONS },
    now: () => Date.now(),
  });
  return { evidence, close: () => pool.end() };
}
