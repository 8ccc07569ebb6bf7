import { COMMITMENTS, type Commitment } from '../../core/bank/commitment.ts';
import { decodeBase58 } from '../../core/encoding/base58.ts';
import type { RpcContext } from '../rpc-context.ts';
import { invalidParams, MIN_CONTEXT_SLOT_NOT_REACHED, RpcError } from '../rpc-error.ts';

export type Config = Readonly<Record<string, unknown>>;

/** A parameter that is a configuration object; empty when it is left out. */
export function configAt(params: readonly unknown[], index: number): Config {
  const value = params[index] ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw invalidParams(`Invalid params: invalid type at position ${index}, expected a configuration object.`);
  }
  return value as Config;
}

/** A base58 address of 32 bytes. */
export function addressOf(value: unknown): string {
  if (typeof value !== 'string') throw invalidParams('Invalid params: invalid type, expected a string.');
  const bytes = decodeBase58(value);
  if (bytes === null) throw invalidParams('Invalid param: Invalid');
  if (bytes.length !== 32) throw invalidParams('Invalid param: WrongSize');
  return value;
}

/** A base58 signature of 64 bytes. */
export function signatureOf(value: unknown): string {
  if (typeof value !== 'string') throw invalidParams('Invalid params: invalid type, expected a string.');
  const bytes = decodeBase58(value);
  if (bytes === null) throw invalidParams('Invalid param: Invalid');
  if (bytes.length !== 64) throw invalidParams('Invalid param: WrongSize');
  return value;
}

/** A whole number that is not negative. */
export function integerOf(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw invalidParams(`Invalid params: ${name} must be a whole number that is not negative.`);
  }
  return value;
}

export function optionalInteger(value: unknown, name: string): number | undefined {
  return value === undefined || value === null ? undefined : integerOf(value, name);
}

/** The commitment of a configuration; finalized when it names none. */
export function commitmentOf(config: Config, field = 'commitment'): Commitment {
  const value = config[field] ?? 'finalized';
  if (!COMMITMENTS.includes(value as Commitment)) {
    throw invalidParams(
      `Invalid params: unknown variant ${JSON.stringify(value)}, expected one of \`processed\`, \`confirmed\`, \`finalized\`.`,
    );
  }
  return value as Commitment;
}

/** Transactions are not served at processed, as on a validator. */
export function atLeastConfirmed(config: Config): Commitment {
  const commitment = commitmentOf(config);
  if (commitment === 'processed') throw invalidParams('Method does not support commitment below `confirmed`');
  return commitment;
}

/** Commitment and its slot, after the minimum context slot has been checked. */
export function slotFor(context: RpcContext, config: Config): { commitment: Commitment; slot: number } {
  const commitment = commitmentOf(config);
  const slot = context.view.slot(commitment);
  requireMinContextSlot(config, slot);
  return { commitment, slot };
}

/** Refuses when the back end has not reached `minContextSlot`. */
export function requireMinContextSlot(config: Config, slot: number): void {
  const wanted = optionalInteger(config['minContextSlot'], 'minContextSlot');
  if (wanted !== undefined && slot < wanted) {
    throw new RpcError(MIN_CONTEXT_SLOT_NOT_REACHED, 'Minimum context slot has not been reached', {
      contextSlot: slot,
    });
  }
}

/** The version clients are told about; the answers follow it. */
export const API_VERSION = '3.1.0';

/** A value with the slot it was read at. */
export function withContext(slot: number, value: unknown) {
  return { context: { apiVersion: API_VERSION, slot }, value };
}
