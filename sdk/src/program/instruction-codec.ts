import { bytesToHex, hexToBytes } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { BorshReadError, BorshReader } from './borsh-reader.ts';
import { borshBytes, concatBytes } from './borsh-writer.ts';
import type { DecodedArgs, InstructionArgs } from './instruction-args.ts';
import {
  type FieldType,
  INSTRUCTIONS,
  type InstructionAction,
  type InstructionDefinition,
  type InstructionName,
} from './instruction-table.ts';

const DISCRIMINATOR_BYTES = 8;

const byName = new Map<string, InstructionDefinition>(INSTRUCTIONS.map((entry) => [entry.name, entry]));
const byDiscriminator = new Map<string, InstructionDefinition>(
  INSTRUCTIONS.map((entry) => [discriminatorKey(hexToBytes(entry.discriminator)), entry]),
);

/** An instruction read from bytes. Bytes that nobody knows give `unknown`, `other` and no arguments. */
export interface DecodedInstruction {
  /** The program's own name for it, or `unknown`. */
  name: InstructionName | 'unknown';
  action: InstructionAction;
  /** Empty where the arguments' layout is not published, and for `unknown`. */
  args: DecodedArgs;
  /** All bytes of the instruction, discriminator included. */
  data: Uint8Array;
}

/**
 * Instruction data: the discriminator and the Borsh arguments.
 *
 * @param name the program's name, such as `set_channel_merkle_root`
 * @param args every argument by the program's name; for an instruction with unpublished arguments `{ raw }` or `{}`
 * @throws AttentionOracleError INSTRUCTION_UNKNOWN, ARGUMENT_INVALID, or the integer error of an argument out of range
 * @example
 * encodeInstruction('set_channel_merkle_root', { channel: 'lacy', epoch: 881n, root: tree.root() });
 */
export function encodeInstruction<Name extends InstructionName>(name: Name, args: InstructionArgs<Name>): Uint8Array {
  const definition = instructionDefinition(name);
  const values = args as Readonly<Record<string, unknown>>;
  const body = definition.fields?.map(([field, type]) => borshBytes(type, values[field], field));
  return concatBytes([hexToBytes(definition.discriminator), ...(body ?? [rawArguments(values)])]);
}

/**
 * Reads instruction data. Never throws on bytes: an unknown discriminator, cut or wrong arguments give `unknown` with the
 * bytes kept. Bytes after the last argument are tolerated, as the program tolerates them.
 */
export function decodeInstruction(data: Uint8Array): DecodedInstruction {
  const definition = data.length >= DISCRIMINATOR_BYTES ? byDiscriminator.get(discriminatorKey(data)) : undefined;
  if (definition === undefined) return { name: 'unknown', action: 'other', args: {}, data };
  try {
    const args = readFields(definition.fields ?? [], new BorshReader(data, DISCRIMINATOR_BYTES));
    return { name: definition.name as InstructionName, action: definition.action, args, data };
  } catch (error) {
    if (error instanceof BorshReadError) return { name: 'unknown', action: 'other', args: {}, data };
    throw error;
  }
}

/**
 * The table's entry of a name.
 * @throws AttentionOracleError INSTRUCTION_UNKNOWN
 */
export function instructionDefinition(name: string): InstructionDefinition {
  const definition = byName.get(name);
  if (definition !== undefined) return definition;
  throw new AttentionOracleError('INSTRUCTION_UNKNOWN', `no instruction is called ${name}: see INSTRUCTIONS`, { name });
}

function readFields(fields: readonly (readonly [string, FieldType])[], reader: BorshReader): DecodedArgs {
  const args: DecodedArgs = {};
  for (const [field, type] of fields) args[field] = reader[type]();
  return args;
}

function rawArguments(values: Readonly<Record<string, unknown>>): Uint8Array {
  const { raw } = values;
  if (raw === undefined) return new Uint8Array();
  if (raw instanceof Uint8Array) return raw;
  throw new AttentionOracleError('ARGUMENT_INVALID', 'raw must be a Uint8Array', { field: 'raw' });
}

function discriminatorKey(data: Uint8Array): string {
  return bytesToHex(data.subarray(0, DISCRIMINATOR_BYTES));
}
