/** Where to begin, from START_SLOT and what the RPC servers are and have. */

import type { Logger } from '../../../../runtime/logging.ts';
import type { ChainReader } from '../../core/ports.ts';
import { admit } from '../../core/reading/admission.ts';
import { firstSlot, type StartSlot } from '../../core/reading/start-position.ts';

export interface Beginning {
  /** First slot to prove. */
  readonly slot: number;
  /** Of the chain; null where no endpoint says. */
  readonly genesisHash: string | null;
}

/**
 * Nothing is written down before the servers are shown to be of one chain and to hold the first slot.
 * @throws AppError HISTORY_TOO_SHORT, CHAIN_DIFFERS (retryable).
 */
export async function findBeginning(
  chain: Pick<ChainReader, 'finalizedSlot' | 'facts' | 'admit'>,
  start: StartSlot,
  log: Logger,
): Promise<Beginning> {
  const facts = await chain.facts();
  // The chain first: its tip decides only where its history is known to be.
  admit(facts, null, Number.MAX_SAFE_INTEGER);
  const { slot: finalizedSlot } = await chain.finalizedSlot();
  const slot = firstSlot(start, finalizedSlot);
  const { endpoints, genesisHash } = admit(facts, null, slot);
  chain.admit(endpoints);
  log.info({ start, firstSlot: slot, finalizedSlot, genesisHash }, 'no cursor: starting anew');
  return { slot, genesisHash };
}
