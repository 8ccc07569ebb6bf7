/** Where a transaction stands, for a backfill that begins at a signature. */

import type { z } from 'zod';
import { AppError } from '../../../../runtime/errors.ts';
import type { Logger } from '../../../../runtime/logging.ts';
import type { listenerConfig } from '../../config.ts';
import { ThrottledLog } from '../throttled-log.ts';
import { createRpcClient } from './chain-client.ts';
import { RpcChainReader } from './rpc-chain-reader.ts';

export interface SignatureQuestion {
  /** The listener's configuration: RPC. */
  readonly config: z.output<typeof listenerConfig>;
  /** Base58. */
  readonly signature: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * The slot in which the transaction is final, of whatever program it is.
 * @throws AppError SIGNATURE_UNKNOWN, SIGNATURE_NOT_FINAL, and what the RPC client throws.
 */
export async function slotOfSignature({ config, signature, log, signal }: SignatureQuestion): Promise<number> {
  const rpc = createRpcClient(config, undefined, new ThrottledLog(log), signal);
  const chain = new RpcChainReader(rpc, config.AO_PROGRAM_ID);
  const status = await chain.signatureStatus(signature);
  if (status?.finalized === true) return status.slot;
  // Some servers look for the status of the newest transactions only.
  const { answer } = await chain.transaction(signature, 'finalized');
  const { slot } = (answer ?? {}) as { slot?: unknown };
  if (typeof slot === 'number') return slot;
  if (status !== null) {
    throw new AppError('SIGNATURE_NOT_FINAL', `${signature} is not final yet; try again in half a minute.`, {
      context: { signature, slot: status.slot },
    });
  }
  throw new AppError(
    'SIGNATURE_UNKNOWN',
    `${rpc.endpoints.join(', ')} does not know the signature ${signature}: check it, point ANCHOR_PROVIDER_URL at a server with its history, or give --from-slot.`,
    { context: { signature } },
  );
}
