import { NO_FAULTS } from '../../core/faults/fault-plan.ts';
import type { SignatureRow } from '../../core/ledger/record.ts';
import { RawJson } from '../raw-json.ts';
import type { RpcContext, RpcMethods } from '../rpc-context.ts';
import { invalidParams } from '../rpc-error.ts';
import {
  addressOf,
  atLeastConfirmed,
  configAt,
  optionalInteger,
  requireMinContextSlot,
  signatureOf,
  withContext,
} from './parameters.ts';
import { encodingOf, maxVersionOf, transactionText } from './transaction-answers.ts';

const MAX_ROWS = 1_000;
const MAX_STATUSES = 256;

/** Transactions and signatures. */
export const historyMethods: RpcMethods = {
  getSignaturesForAddress(context, params) {
    const address = addressOf(params[0]);
    const config = configAt(params, 1);
    const limit = optionalInteger(config['limit'], 'limit') ?? MAX_ROWS;
    if (limit < 1 || limit > MAX_ROWS) throw invalidParams(`Invalid limit; max ${MAX_ROWS}`);
    const before = optionalSignature(config['before']);
    const until = optionalSignature(config['until']);
    const commitment = atLeastConfirmed(config);
    requireMinContextSlot(config, context.view.slot(commitment));
    const { faults } = context.state;
    const range = { before, until: knownUntil(context, until), limit };
    let rows: readonly SignatureRow[] = context.view.signatureRows(address, range, commitment);
    if (faults !== NO_FAULTS) {
      const attempt = context.attempt(`page/${address}/${before ?? ''}/${until ?? ''}`);
      rows = faults.signaturePage(rows, { address, attempt });
    }
    return new RawJson(`[${rows.map((row) => rowText(context, row)).join(',')}]`);
  },

  getTransaction(context, params) {
    const id = signatureOf(params[0]);
    const config = typeof params[1] === 'string' ? { encoding: params[1] } : configAt(params, 1);
    const commitment = atLeastConfirmed(config);
    requireMinContextSlot(config, context.view.slot(commitment));
    const [encoding, maxVersion] = [encodingOf(config), maxVersionOf(config)];
    const { faults } = context.state;
    const found = context.view.transaction(id, commitment);
    if (found === null) return null;
    if (faults !== NO_FAULTS && faults.hidesTransaction(id, context.attempt(`transaction/${id}`))) return null;
    const body = transactionText(found.wire, found.metaText(), encoding, maxVersion);
    return new RawJson(`{"blockTime":${found.blockTime ?? 'null'},"slot":${found.slot},${body}}`);
  },

  getSignatureStatuses(context, params) {
    const ids = params[0];
    if (!Array.isArray(ids)) throw invalidParams('Invalid params: expected a list of signatures.');
    if (ids.length > MAX_STATUSES) throw invalidParams(`Too many inputs provided; max ${MAX_STATUSES}`);
    const config = configAt(params, 1);
    const everything = config['searchTransactionHistory'] === true;
    const slot = context.view.slot('processed');
    const value = ids.map((id: unknown) => statusAnswer(context, signatureOf(id), everything, slot));
    return withContext(slot, value);
  },
};

function optionalSignature(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : signatureOf(value);
}

function knownUntil(context: RpcContext, until: string | undefined): string | undefined {
  const { faults } = context.state;
  if (until === undefined || faults === NO_FAULTS) return until;
  return faults.forgetsUntil(until, context.attempt(`until/${until}`)) ? undefined : until;
}

function rowText(context: RpcContext, row: SignatureRow): string {
  const status = context.view.commitmentOf(row.slot) ?? 'processed';
  const memo = row.memo === null ? 'null' : JSON.stringify(row.memo);
  return (
    `{"blockTime":${row.blockTime ?? 'null'},"confirmationStatus":"${status}","err":${row.errorText},` +
    `"memo":${memo},"signature":"${row.id}","slot":${row.slot}}`
  );
}

/** Slots of the status cache: older transactions are found only with searchTransactionHistory. */
const RECENT_SLOTS = 300;

function statusAnswer(context: RpcContext, id: string, everything: boolean, slot: number): unknown {
  const status = context.view.status(id);
  if (status === null || (!everything && status.slot < slot - RECENT_SLOTS)) return null;
  const err: unknown = JSON.parse(status.errorText);
  return {
    confirmationStatus: status.commitment,
    confirmations: status.commitment === 'finalized' ? null : slot - status.slot,
    err,
    slot: status.slot,
    status: err === null ? { Ok: null } : { Err: err },
  };
}
