import { decodeBase58, encodeBase58 } from '../../core/encoding/base58.ts';
import { describeTransactionError, type TransactionError } from '../../core/execution/errors.ts';
import type { Execution, Refusal } from '../../core/execution/execute.ts';
import { NO_FAULTS } from '../../core/faults/fault-plan.ts';
import { metaOf, returnDataJson } from '../../core/transaction/meta.ts';
import { hasValidSignatures } from '../../core/transaction/signatures.ts';
import { parseTransaction, WireError, type WireTransaction } from '../../core/transaction/wire.ts';
import type { RpcContext, RpcMethods } from '../rpc-context.ts';
import {
  invalidParams,
  NODE_UNHEALTHY,
  PREFLIGHT_FAILURE,
  RpcError,
  SIGNATURE_VERIFICATION_FAILURE,
} from '../rpc-error.ts';
import { accountAnswer } from './account-answers.ts';
import {
  addressOf,
  type Config,
  commitmentOf,
  configAt,
  integerOf,
  requireMinContextSlot,
  slotFor,
  withContext,
} from './parameters.ts';

/** Sending and simulating. */
export const transactionMethods: RpcMethods = {
  sendTransaction(context, params) {
    const config = configAt(params, 1);
    const transaction = decodeTransaction(params[0], config);
    const id = encodeBase58(transaction.signatures[0] ?? new Uint8Array(64));
    const verified = hasValidSignatures(transaction);
    if (config['skipPreflight'] !== true) preflight(context, transaction, config, verified);
    const { faults } = context.state;
    const fault = faults === NO_FAULTS ? null : faults.send(id, context.attempt(`send/${id}`));
    if (verified && fault !== 'dropped') context.state.process(transaction);
    if (fault === 'error-but-landed')
      throw new RpcError(NODE_UNHEALTHY, 'Node is behind by 42 slots', { numSlotsBehind: 42 });
    return id;
  },

  simulateTransaction(context, params) {
    const config = configAt(params, 1);
    const { commitment, slot } = slotFor(context, config);
    const parsed = decodeTransaction(params[0], config);
    const replaces = config['replaceRecentBlockhash'] === true;
    if (replaces && config['sigVerify'] === true) {
      throw invalidParams('sigVerify may not be used with replaceRecentBlockhash');
    }
    if (config['sigVerify'] === true && !hasValidSignatures(parsed)) {
      throw new RpcError(SIGNATURE_VERIFICATION_FAILURE, 'Transaction signature verification failure');
    }
    const { blocks } = context.state;
    const hash = blocks.hash(slot);
    const refused = replaces || blocks.isUsable(parsed.blockhash, slot) ? null : 'BlockhashNotFound';
    const outcome = refused === null ? context.state.simulate(parsed, slot) : { refused };
    const simulated = {
      ...simulationAnswer(outcome),
      accounts: accountsAfter(context, outcome, config, commitment),
      replacementBlockhash: replaces ? { blockhash: hash, lastValidBlockHeight: blocks.lastValidHeight(hash) } : null,
    };
    return withContext(
      slot,
      config['innerInstructions'] === true ? simulated : { ...simulated, innerInstructions: null },
    );
  },

  requestAirdrop(context, params) {
    const to = addressOf(params[0]);
    const lamports = integerOf(params[1], 'lamports');
    const wire = context.faucet.transfer(to, lamports, context.state.blocks.hash(context.state.slot('processed')));
    const outcome = context.state.process(parseTransaction(wire));
    if ('refused' in outcome)
      throw new RpcError(-32_603, `Airdrop refused: ${describeTransactionError(outcome.refused)}`);
    return outcome.record.id;
  },
};

function decodeTransaction(text: unknown, config: Config): WireTransaction {
  if (typeof text !== 'string') throw invalidParams('Invalid params: invalid type, expected a string.');
  const encoding = config['encoding'] ?? 'base58';
  if (encoding !== 'base58' && encoding !== 'base64') {
    throw invalidParams(`unsupported encoding: ${JSON.stringify(encoding)}. Supported encodings: base58, base64`);
  }
  const wire = encoding === 'base64' ? Buffer.from(text, 'base64') : decodeBase58(text);
  if (wire === null || wire.length === 0) throw invalidParams(`invalid ${encoding} encoding`);
  try {
    return parseTransaction(wire);
  } catch (error) {
    if (error instanceof WireError) throw invalidParams(error.message);
    throw error;
  }
}

function preflight(context: RpcContext, transaction: WireTransaction, config: Config, verified: boolean): void {
  const slot = context.view.slot(commitmentOf(config, 'preflightCommitment'));
  requireMinContextSlot(config, slot);
  if (!verified) throw new RpcError(SIGNATURE_VERIFICATION_FAILURE, 'Transaction signature verification failure');
  const { state } = context;
  let outcome: Execution | Refusal;
  if (!state.takesVersion(transaction)) outcome = { refused: 'UnsupportedVersion' };
  else if (!state.blocks.isUsable(transaction.blockhash, slot)) outcome = { refused: 'BlockhashNotFound' };
  else if (state.isKnown(transaction)) outcome = { refused: 'AlreadyProcessed' };
  else outcome = state.simulate(transaction, slot);
  const error = errorOf(outcome);
  if (error === null) return;
  throw new RpcError(PREFLIGHT_FAILURE, `Transaction simulation failed: ${describeTransactionError(error)}`, {
    ...simulationAnswer(outcome),
    accounts: null,
    innerInstructions: null,
    replacementBlockhash: null,
  });
}

function errorOf(outcome: Execution | Refusal): TransactionError | null {
  return 'refused' in outcome ? outcome.refused : outcome.error;
}

function simulationAnswer(outcome: Execution | Refusal) {
  if ('refused' in outcome) {
    return { err: outcome.refused, innerInstructions: null, logs: [], returnData: null, unitsConsumed: 0 };
  }
  return {
    err: outcome.error,
    innerInstructions: metaOf(outcome).innerInstructions,
    logs: outcome.logs,
    returnData: outcome.returnData === null ? null : returnDataJson(outcome.returnData),
    unitsConsumed: outcome.unitsConsumed,
  };
}

function accountsAfter(
  context: RpcContext,
  outcome: Execution | Refusal,
  config: Config,
  commitment: Parameters<RpcContext['view']['account']>[1],
): unknown {
  const wanted = config['accounts'] as { addresses?: unknown; encoding?: unknown } | null | undefined;
  if (!wanted) return null;
  if (!Array.isArray(wanted.addresses)) throw invalidParams('Invalid params: accounts.addresses must be a list.');
  return wanted.addresses.map(addressOf).map((address) => {
    const changed = 'refused' in outcome ? undefined : outcome.changed.get(address);
    const account = changed ?? context.view.account(address, commitment);
    return accountAnswer(account, { encoding: wanted.encoding ?? 'base64' });
  });
}
