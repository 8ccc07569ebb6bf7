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
  | { kind: 'failed'; err: unknown }
  | { kind: 'unreachable'; cause: unknown };

/**
 * Sends a signed transaction and waits until it has landed at the commitment, sending the same bytes again meanwhile. It is
 * given up only when the chain has passed its last valid block height and, asked after that, knows nothing of it.
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
  for (let failedLooks = 0; ; ) {
    const outcome = await look(connection, transaction, commitment);
    if (outcome.kind === 'landed') return signature;
    if (outcome.kind === 'failed') throw transactionFailed(outcome.err, signature);
    if (outcome.kind === 'expired') throw transactionExpired(signature, lastValidBlockHeight, sendFailure);
    failedLooks = outcome.kind === 'unreachable' ? failedLooks + 1 : 0;
    if (outcome.kind === 'unreachable' && failedLooks >= MAX_FAILED_LOOKS) {
      throw transactionUnresolved(signature, 'the node cannot be reached', outcome.cause);
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
    const expired = (await connection.getBlockHeight(commitment)) > lastValidBlockHeight;
    const { value } = await connection.getSignatureStatuses([signature], { searchTransactionHistory: expired });
    const status = value[0] ?? null;
    if (status === null) return { kind: expired ? 'expired' : 'unseen' };
    if (!reached(status, commitment)) return { kind: 'pending' };
    return status.err === null ? { kind: 'landed' } : { kind: 'failed', err: status.err };
  } catch (cause) {
    return { kind: 'unreachable', cause };
  }
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
