import { AttentionOracleError } from '../errors.ts';
import { programErrorFrom } from '../program/program-errors.ts';

/** EpochNotIncreasing → PROGRAM_EPOCH_NOT_INCREASING */
function errorCode(name: string): string {
  return `PROGRAM_${name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}`;
}

/** The program's own error, when that is what the failure is: code `PROGRAM_` and the error's name. */
function programFailure(failure: unknown, signature: string, cause?: unknown): AttentionOracleError | null {
  const found = programErrorFrom(failure);
  if (found === null) return null;
  const { code, name, meaning, whatToDo, instructionIndex } = found;
  return new AttentionOracleError(
    errorCode(name),
    `the program answered ${code} ${name}: ${meaning}. What to do: ${whatToDo}`,
    { signature, programErrorCode: code, programErrorName: name, instructionIndex, whatToDo },
    { cause },
  );
}

/** A transaction that landed and failed: it is on chain, its fee is paid, and the same bytes can never succeed. */
export function transactionFailed(err: unknown, signature: string): AttentionOracleError {
  return (
    programFailure(err, signature) ??
    new AttentionOracleError(
      'TRANSACTION_FAILED',
      `the transaction landed and failed with ${JSON.stringify(err)}: mend the cause before sending a new one`,
      { signature, err },
    )
  );
}

/** A transaction that the node refused before sending it on. */
export function transactionRejected(cause: unknown, signature: string): AttentionOracleError {
  if (UNFUNDED.test(textOf(cause))) {
    return new AttentionOracleError(
      'PAYER_UNFUNDED',
      'the account that pays holds too little SOL for the fee and the rent of new accounts: it was not sent; send SOL to the payer first',
      { signature, reason: messageOf(cause) },
      { cause },
    );
  }
  return (
    programFailure(cause, signature, cause) ??
    new AttentionOracleError(
      'TRANSACTION_REJECTED',
      `the node refused the transaction in simulation (${messageOf(cause)}): it was not sent; mend the cause first`,
      { signature },
      { cause },
    )
  );
}

/** A transaction that did not land while its blockhash was valid, and never will. */
export function transactionExpired(
  signature: string,
  lastValidBlockHeight: number,
  cause: unknown,
): AttentionOracleError {
  return new AttentionOracleError(
    'TRANSACTION_EXPIRED',
    'the blockhash expired and the transaction did not land: it is safe to send a new one, with a higher priority fee',
    { signature, lastValidBlockHeight },
    { cause },
  );
}

/** Nobody knows yet whether the transaction landed. */
export function transactionUnresolved(signature: string, why: string, cause: unknown): AttentionOracleError {
  return new AttentionOracleError(
    'TRANSACTION_UNRESOLVED',
    `${why}: the transaction may still land, so look its signature up before sending another`,
    { signature },
    { cause },
  );
}

/** The failure of one of several transactions, with the signatures of those that landed before it. */
export function withSettled(error: unknown, settledSignatures: readonly string[]): unknown {
  if (!(error instanceof AttentionOracleError) || settledSignatures.length === 0) return error;
  const context = { ...error.context, settledSignatures };
  const message = `${error.message} (${settledSignatures.length} roots were settled before it)`;
  return new AttentionOracleError(error.code, message, context, { cause: error });
}

/** How nodes and runtime say that the payer cannot pay. */
const UNFUNDED =
  /no record of a prior credit|insufficient (funds|lamports)|InsufficientFundsFor(Fee|Rent)|custom program error: 0x1\b/i;

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** The line that says why; web3.js puts a line of its own before it. */
function messageOf(cause: unknown): string {
  const lines = textOf(cause)
    .split('\n')
    .map((line) => line.replace(/^Message: /, '').trim())
    .filter((line) => line !== '');
  return lines.find((line) => !/^simulation failed\.?$/i.test(line)) ?? lines[0] ?? '';
}
