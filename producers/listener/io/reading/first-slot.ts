/** The first slot to prove, from START_SLOT and what the RPC server has. */

import { AppError } from '../../../../runtime/errors.ts';
import type { Logger } from '../../../../runtime/logging.ts';
import type { ChainReader } from '../../core/ports.ts';
import { firstSlot, type StartSlot } from '../../core/reading/start-position.ts';

/** @throws AppError HISTORY_TOO_SHORT when the server's blocks begin above the slot asked for. */
export async function findFirstSlot(
  chain: Pick<ChainReader, 'finalizedSlot' | 'firstAvailableSlot'>,
  start: StartSlot,
  log: Logger,
): Promise<number> {
  const { slot: finalizedSlot } = await chain.finalizedSlot();
  const slot = firstSlot(start, finalizedSlot);
  const available = await chain.firstAvailableSlot();
  log.info({ start, firstSlot: slot, finalizedSlot, firstAvailableSlot: available }, 'no cursor: starting anew');
  if (start !== 'genesis' && available !== undefined && available > slot) {
    throw new AppError(
      'HISTORY_TOO_SHORT',
      `START_SLOT is ${slot}, but the RPC server's history begins at slot ${available}. Point ANCHOR_PROVIDER_URL at a server with more history, or start later.`,
      { retryable: true, context: { firstSlot: slot, firstAvailableSlot: available } },
    );
  }
  return slot;
}
