import { normalizeChannel } from '../merkle/channel.ts';
import { decodeInstruction } from '../program/instruction-codec.ts';
import { decodeBase58Data } from './base58-data.ts';
import { arrayAt, countAt, malformed, objectAt, stringAt } from './malformed.ts';
import type { TransactionForm } from './transaction-form.ts';
import type { ProgramEvent } from './transaction-types.ts';

/** An instruction in any form: `programIdIndex` with positions, or (jsonParsed) `programId` with addresses. */
interface AnyInstruction {
  programIdIndex?: unknown;
  programId?: unknown;
  accounts?: unknown;
  data?: unknown;
}

/** Position of the account that names the protocol state, in the instructions that have an action. */
const PROTOCOL_STATE = 1;
const CLAIMER = 0;

/**
 * The program's instructions in a transaction, in the order of execution.
 * @throws AttentionOracleError TRANSACTION_MALFORMED
 */
export function readProgramEvents(form: TransactionForm, inner: unknown, programId: string): ProgramEvent[] {
  const events: ProgramEvent[] = [];
  if (!form.keys.includes(programId)) return events;
  const calls = innerByOuter(inner);
  for (const [outerIndex, instruction] of form.instructions.entries()) {
    const outer = readOwn(instruction, form, programId, outerIndex, null);
    if (outer !== null) events.push(outer);
    for (const [innerIndex, call] of calls.get(outerIndex)?.entries() ?? []) {
      const event = readOwn(call, form, programId, outerIndex, innerIndex);
      if (event !== null) events.push(event);
    }
  }
  return events;
}

function innerByOuter(inner: unknown): Map<number, unknown[]> {
  const calls = new Map<number, unknown[]>();
  for (const group of arrayAt(inner, 'meta.innerInstructions')) {
    const { index, instructions } = objectAt(group, 'meta.innerInstructions[]');
    const outerIndex = countAt(index, 'meta.innerInstructions[].index');
    const listed = arrayAt(instructions, 'meta.innerInstructions[].instructions');
    calls.set(outerIndex, [...(calls.get(outerIndex) ?? []), ...listed]);
  }
  return calls;
}

function readOwn(
  value: unknown,
  form: TransactionForm,
  programId: string,
  outerIndex: number,
  innerIndex: number | null,
): ProgramEvent | null {
  const instruction = objectAt(value, 'instruction') as AnyInstruction;
  if (programOf(instruction, form.keys) !== programId) return null;
  const accounts = accountsOf(instruction, form.keys);
  const { name, action, args, data } = decodeInstruction(dataOf(instruction));
  const channelAsSeen = typeof args.channel === 'string' ? args.channel : null;
  const position = innerIndex === null ? `${outerIndex}` : `${outerIndex}.${innerIndex}`;
  return {
    eventId: `${form.signature}/${position}`,
    outerIndex,
    innerIndex,
    name,
    action,
    args,
    channel: channelAsSeen === null ? null : normalizeChannel(channelAsSeen),
    channelAsSeen,
    claimer: action === 'claim' ? (accounts[CLAIMER] ?? null) : null,
    accounts,
    protocolState: action === 'other' ? null : (accounts[PROTOCOL_STATE] ?? null),
    data,
  };
}

function programOf({ programIdIndex, programId }: AnyInstruction, keys: readonly string[]): string {
  return programIdIndex === undefined
    ? stringAt(programId, 'instruction.programId')
    : keyAt(programIdIndex, keys, 'instruction.programIdIndex');
}

function accountsOf({ accounts }: AnyInstruction, keys: readonly string[]): string[] {
  const listed = accounts instanceof Uint8Array ? accounts : arrayAt(accounts, 'instruction.accounts');
  const addresses: string[] = [];
  for (const account of listed) {
    addresses.push(typeof account === 'string' ? account : keyAt(account, keys, 'instruction.accounts'));
  }
  return addresses;
}

function keyAt(position: unknown, keys: readonly string[], where: string): string {
  const key = typeof position === 'number' ? keys[position] : undefined;
  if (typeof key !== 'string') throw malformed(where, `a position below ${keys.length}, the number of account keys`);
  return key;
}

function dataOf({ data }: AnyInstruction): Uint8Array {
  if (data instanceof Uint8Array) return data;
  const bytes = decodeBase58Data(stringAt(data, 'instruction.data'));
  if (bytes === null) throw malformed('instruction.data', 'base58 text');
  return bytes;
}
