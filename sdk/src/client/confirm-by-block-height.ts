import { abortableDelay } from './abortable-delay.ts';
import type { ChainConnection, ChainSignatureStatus, Commitment } from './chain-connection.ts';
import { transactionExpired, transactionFailed, transactionRejected, transactionUnresolved } from './send-errors.ts';
import type { SendOptions, SignedTransaction } from './send-options.ts';

const RANK: Record<Commitment, number> = { processed: 0, confirmed: 1, finalized: 2 };

/** Looks that may fail one after the other before waiting is given up. */
const MAX_FAILED_LOOKS = 30;

/** What one look at the chain says of a transaction; `unreachable` carries why nothing could be learnt. */
type Outcome =
  | { kind: 'landed' | 'pending' | 'unseen' | 'expired' }
  /** Past its last valid height by one node; the node that knows nothing of it is not shown to be. */
  | { kind: 'unproven' }
  | { kind: 'failed'; err: unknown }
  | { kind: 'unreachable'; cause: unknown };

/**
 * Sends a signed transaction and waits until it has landed at the commitment, sending the same bytes again meanwhile. It is
 * given up only when a node that is shown to be past its last valid block height knows nothing of it: one that is behind proves
 * nothing.
 *
 * @returns the signature
 * @throws AttentionOracleError PROGRAM_…, TRANSACTION_FAILED, TRANSACTION_REJECTED, TRANSACTION_EXPIRED,
 *   TRANSACTION_UNRESOLVED (stopped by the caller, or the node cannot be reached)
 */
export async function sendAndConfirm(
  connection: ChainConnection,
  transaction: SignedTransaction,
  options: SendOptions,
): Promise<string> {
  const { commitment = 'finalized', pollIntervalMs = 1000, rebroadcastIntervalMs = 2000, abortSignal } = options;
  const { signature, lastValidBlockHeight } = transaction;
  let sendFailure = await broadcast(connection, transaction, options.skipPreflight ?? false);
  let sentAtMs = Date.now();
  for (let failedLooks = 0, unprovenLooks = 0; ; ) {
    const outcome = await look(connection, transaction, commitment);
    if (outcome.kind === 'landed') return signature;
    if (outcome.kind === 'failed') throw transactionFailed(outcome.err, signature);
    if (outcome.kind === 'expired') throw transactionExpired(signature, lastValidBlockHeight, sendFailure);
    failedLooks = outcome.kind === 'unreachable' ? failedLooks + 1 : 0;
    if (outcome.kind === 'unreachable' && failedLooks >= MAX_FAILED_LOOKS) {
      throw transactionUnresolved(signature, 'the node cannot be reached', outcome.cause);
    }
    unprovenLooks = outcome.kind === 'unproven' ? unprovenLooks + 1 : 0;
    if (unprovenLooks >= MAX_FAILED_LOOKS) {
      const why = 'no node that is shown to be past its last valid block height says that it did not land';
      throw transactionUnresolved(signature, why, sendFailure);
    }
    if (outcome.kind === 'unseen' && Date.now() - sentAtMs >= rebroadcastIntervalMs) {
      sendFailure = await broadcast(connection, transaction, true);
      sentAtMs = Date.now();
    }
    await abortableDelay(pollIntervalMs, abortSignal).catch((cause: unknown) => {
      throw transactionUnresolved(signature, 'waiting was stopped', cause);
    });
  }
}

async function look(
  connection: ChainConnection,
  { signature, lastValidBlockHeight }: SignedTransaction,
  commitment: Commitment,
): Promise<Outcome> {
  try {
    // The height is read first: a status read after it covers every block that could hold the transaction.
    const { blockHeight, slot } = await headOf(connection, commitment);
    const expired = blockHeight > lastValidBlockHeight;
    const { context, value } = await connection.getSignatureStatuses([signature], {
      searchTransactionHistory: expired,
    });
    const status = value[0] ?? null;
    if (status === null && !expired) return { kind: 'unseen' };
    // Behind one address stand many nodes: the one that answers may not have seen the blocks that the height counts.
    if (status === null) return { kind: slot !== undefined && (context?.slot ?? -1) >= slot ? 'expired' : 'unproven' };
    if (!reached(status, commitment)) return { kind: 'pending' };
    return status.err === null ? { kind: 'landed' } : { kind: 'failed', err: status.err };
  } catch (cause) {
    return { kind: 'unreachable', cause };
  }
}

/** Height and slot from one answer; the height alone where the connection does not give both. */
async function headOf(
  connection: ChainConnection,
  commitment: Commitment,
): Promise<{ blockHeight: number; slot: number | undefined }> {
  const info = await connection.getEpochInfo?.(commitment);
  if (info?.blockHeight !== undefined) return { blockHeight: info.blockHeight, slot: info.absoluteSlot };
  return { blockHeight: await connection.getBlockHeight(commitment), slot: undefined };
}

/** Only a refusal in simulation proves that nothing was sent; after any other failure the transaction may have landed. */
async function broadcast(
  connection: ChainConnection,
  { rawTransaction, signature }: SignedTransaction,
  skipPreflight: boolean,
): Promise<unknown> {
  try {
    await connection.sendRawTransaction(rawTransaction, {
      skipPreflight,
      preflightCommitment: 'confirmed',
      maxRetries: 0,
    });
    return undefined;
  } catch (error) {
    if (!skipPreflight && isSimulationRefusal(error)) throw transactionRejected(error, signature);
    return error;
  }
}

/** "Already processed" is refused in simulation too, but means that the transaction has landed. */
function isSimulationRefusal(error: unknown): boolean {
  const message = error instanceof Error ? error.message : '';
  return (
    /transaction (simulation failed|signature verification)/i.test(message) && !/already been processed/i.test(message)
  );
}

function reached({ confirmationStatus }: ChainSignatureStatus, commitment: Commitment): boolean {
  return confirmationStatus !== undefined && RANK[confirmationStatus] >= RANK[commitment];
}
