/** Which chain the database is of: noted when a listener first says it, and held against what listeners say at each start. */

import { setTimeout as delay } from 'node:timers/promises';
import { AppError, messageOf } from '../../../runtime/errors.ts';
import type { Holds } from '../../../runtime/holds.ts';
import { type DeploymentChainOptions, readDeploymentChain } from '../../../runtime/kafka/deployment-chain.ts';
import type { Logger } from '../../../runtime/logging.ts';
import type { Pool } from '../../../runtime/postgres/pool.ts';

const LOOK_AGAIN_MS = 30_000;

/**
 * @returns whether a listener has said it.
 * @throws AppError CHAIN_DIFFERS (retryable) when the rows are of another chain.
 */
export async function noteChain(pool: Pool, options: DeploymentChainOptions): Promise<boolean> {
  const said = await readDeploymentChain(options);
  if (said === undefined) return false;
  await pool.query('insert into deployment (genesis_hash) values ($1) on conflict do nothing', [said]);
  const { rows } = await pool.query<{ genesis_hash: string }>('select genesis_hash from deployment');
  const noted = rows[0]?.genesis_hash;
  if (noted === said) return true;
  throw new AppError(
    'CHAIN_DIFFERS',
    `The rows of this database are of the chain with genesis ${noted}, and the listeners of this deployment read the one with genesis ${said}. Give sink and gateway the DATABASE_SCHEMA of this deployment, or one that does not exist yet: it is filled from what the topics hold.`,
    { retryable: true, context: { noted, said } },
  );
}

/** Looks again until a listener has said it: a sink may be older than every listener. Another chain is held. */
export async function noteChainLater(
  pool: Pool,
  options: DeploymentChainOptions & { readonly holds: Holds; readonly log: Logger },
): Promise<void> {
  const { holds, log, signal } = options;
  const subject = 'the chain of this deployment';
  while (!signal.aborted) {
    await delay(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      if (!(await noteChain(pool, options))) continue;
      holds.release(subject);
      return;
    } catch (error) {
      if (error instanceof AppError && error.code === 'CHAIN_DIFFERS') holds.hold(subject, error);
      else log.warn({ reason: messageOf(error) }, 'which chain the listeners read is not known yet');
    }
  }
}
