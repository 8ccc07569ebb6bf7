import type { FieldType, INSTRUCTIONS, InstructionName } from './instruction-table.ts';

type ValueOf<Type extends FieldType> = Type extends 'string'
  ? string
  : Type extends 'u64'
    ? bigint
    : Type extends 'u32'
      ? number
      : Type extends 'bool'
        ? boolean
        : Type extends 'hash'
          ? Uint8Array
          : Uint8Array[];

type FieldsOf<Name extends InstructionName> = Extract<(typeof INSTRUCTIONS)[number], { name: Name }>['fields'];

type Declared<Fields> = Fields extends readonly (readonly [string, FieldType])[]
  ? { [Field in Fields[number] as Field[0]]: ValueOf<Field[1]> }
  : never;

/**
 * Arguments of an instruction whose interface is not published: nothing, or their Borsh bytes (all that follows the
 * discriminator) as the caller made them.
 */
export interface OpaqueArgs {
  raw?: Uint8Array;
}

/**
 * Arguments of the instruction `Name`, keys as the program spells them. u64 is bigint, u32 is number, `[u8; 32]` is
 * 32 bytes.
 */
export type InstructionArgs<Name extends InstructionName> =
  FieldsOf<Name> extends null ? OpaqueArgs : Declared<FieldsOf<Name>>;

/** Arguments as {@link decodeInstruction} returns them before the name is known. */
export type DecodedArgs = Record<string, string | bigint | number | boolean | Uint8Array | Uint8Array[]>;
