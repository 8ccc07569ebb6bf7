/**
 * Reading a record that another release wrote, older or newer. What this release knows is read; only what it cannot
 * understand of the value at hand is an error, never what the writer's schema could have held.
 */

import type avro from 'avsc';
import { FROM_UNDERLYING } from './logical-types.ts';
import { logicalNameOf } from './writer-type.ts';

/** A symbol of a newer release, read as `other`. */
export interface UnknownSymbol {
  /** Where it stands, e.g. `instruction.action`. */
  readonly path: string;
  readonly symbol: string;
}

export interface ReadRecord {
  readonly value: unknown;
  readonly unknown: readonly UnknownSymbol[];
}

/** A part of a record that this release has no value for. */
export class UnreadablePart extends Error {
  override readonly name = 'UnreadablePart';
}

type Convert = (value: unknown, unknown: UnknownSymbol[]) => unknown;

/** The symbol that stands for every other one, in enums that have it. */
const OTHER = 'other';

const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

/**
 * @param reader Our type of the record.
 * @param writer The type of its writer, by `writerType`.
 * @returns reads the Avro body of a record. Throws UnreadablePart for what this release cannot understand, any other error for a
 * body that is not of the writer's type.
 */
export function evolutionOf(reader: avro.Type, writer: avro.Type): (body: Buffer) => ReadRecord {
  const convert = conversion(reader, writer, '');
  return (body) => {
    const unknown: UnknownSymbol[] = [];
    return { value: convert(writer.fromBuffer(body), unknown), unknown };
  };
}

/** The conversion of a part; one that throws where there is none, as values that need it may never come. */
function conversion(reader: avro.Type, writer: avro.Type, path: string): Convert {
  if (kindOf(writer) === 'union') return fromUnion(reader, writer, path);
  if (kindOf(reader) === 'union') {
    const branch = branchFor(reader, writer);
    return branch === undefined ? unreadable(reader, writer, path) : conversion(branch, writer, path);
  }
  if (!isReadable(reader, writer)) return unreadable(reader, writer, path);
  switch (kindOf(reader)) {
    case 'logical':
      return fromLogical(reader as avro.types.LogicalType, writer, path);
    case 'record':
      return fromRecord(reader as avro.types.RecordType, writer as avro.types.RecordType, path);
    case 'enum':
      return fromEnum(reader as avro.types.EnumType, path);
    case 'array':
    case 'map':
      return fromMany(reader, writer, path);
    default:
      return primitive(reader.typeName, writer.typeName);
  }
}

function unreadable(reader: avro.Type, writer: avro.Type, path: string): Convert {
  return () => {
    const logical = logicalNameOf(writer);
    const found = logical === undefined ? kindOf(writer) : `${kindOf(writer)} (${logical})`;
    throw new UnreadablePart(`${path || 'the record'} is of type ${found}, which cannot be read as ${nameOf(reader)}`);
  };
}

function fromUnion(reader: avro.Type, writer: avro.Type, path: string): Convert {
  const branches = new Map(
    typesOf(writer).map((branch) => [branch.branchName, conversion(reader, branch, path)] as const),
  );
  return (value, unknown) => {
    const [name, inner] = value === null ? (['null', null] as const) : (Object.entries(value as object)[0] ?? ['']);
    const convert = branches.get(name);
    if (convert === undefined) throw new UnreadablePart(`${path} is of a branch that its schema does not have`);
    return convert(inner, unknown);
  };
}

function fromLogical(reader: avro.types.LogicalType, writer: avro.Type, path: string): Convert {
  const below = conversion(reader.underlyingType, writer, path);
  const convert = FROM_UNDERLYING[nameOf(reader)] ?? ((value: unknown) => value);
  return (value, unknown) => convert(below(value, unknown));
}

function fromRecord(reader: avro.types.RecordType, writer: avro.types.RecordType, path: string): Convert {
  const fields = reader.fields.map((field) => {
    const at = path === '' ? field.name : `${path}.${field.name}`;
    const written =
      writer.fields.find(({ name }) => name === field.name) ??
      writer.fields.find(({ name }) => field.aliases.includes(name));
    if (written === undefined) return { to: field.name, from: undefined, convert: () => defaultOf(field, at) };
    return { to: field.name, from: written.name, convert: conversion(field.type, written.type, at) };
  });
  return (value, unknown) => {
    const record: Record<string, unknown> = {};
    for (const { to, from, convert } of fields) {
      record[to] = convert(from === undefined ? undefined : (value as Record<string, unknown>)[from], unknown);
    }
    return record;
  };
}

function defaultOf(field: avro.types.Field, path: string): unknown {
  const value: unknown = field.defaultValue();
  if (value === undefined) throw new UnreadablePart(`${path} is missing and has no default`);
  return value;
}

function fromEnum(reader: avro.types.EnumType, path: string): Convert {
  const known = new Set(reader.symbols);
  return (value, unknown) => {
    const symbol = String(value);
    if (known.has(symbol)) return symbol;
    if (!known.has(OTHER)) throw new UnreadablePart(`${path} is ${symbol}, which this release does not know`);
    unknown.push({ path, symbol });
    return OTHER;
  };
}

function fromMany(reader: avro.Type, writer: avro.Type, path: string): Convert {
  const item = conversion(itemOf(reader), itemOf(writer), `${path}[]`);
  if (kindOf(reader) === 'array') return (value, unknown) => (value as unknown[]).map((each) => item(each, unknown));
  return (value, unknown) =>
    Object.fromEntries(Object.entries(value as object).map(([key, each]) => [key, item(each, unknown)]));
}

function primitive(reader: string, writer: string): Convert {
  if (reader === 'bytes' && writer === 'string') return (value) => Buffer.from(value as string);
  if (reader === 'string' && writer === 'bytes') return (value) => (value as Buffer).toString();
  return (value) => value;
}

/** Whether the kinds agree; what is inside is found out value by value. Neither is a union. */
function isReadable(reader: avro.Type, writer: avro.Type): boolean {
  const kind = kindOf(reader);
  if (kind === 'logical') {
    const logical = logicalNameOf(writer);
    const below = (reader as avro.types.LogicalType).underlyingType;
    return (logical === undefined || logical === nameOf(reader)) && isReadable(below, writer);
  }
  if (kind === 'fixed') return kindOf(writer) === 'fixed' && sizeOf(reader) === sizeOf(writer);
  return kind === kindOf(writer) || (PROMOTIONS[kindOf(writer)]?.includes(kind) ?? false);
}

/** The branch of our union that a written value belongs to: of the same kind and name, of the same kind, or one that it fits. */
function branchFor(reader: avro.Type, writer: avro.Type): avro.Type | undefined {
  const fitting = typesOf(reader).filter((branch) => isReadable(branch, writer));
  const sameKind = fitting.filter((branch) => kindOf(belowOf(branch)) === kindOf(writer));
  const short = (type: avro.Type): string | undefined => type.name?.slice(type.name.lastIndexOf('.') + 1);
  return sameKind.find((branch) => short(branch) === short(writer)) ?? sameKind[0] ?? fitting[0];
}

function kindOf({ typeName }: avro.Type): string {
  if (typeName.startsWith('logical:')) return 'logical';
  return typeName.startsWith('union:') ? 'union' : typeName;
}

/** How a type is called in a sentence; of a logical type, its bare name. */
function nameOf(type: avro.Type): string {
  return type.typeName.replace(/^(logical|union):/, '');
}

function belowOf(type: avro.Type): avro.Type {
  return kindOf(type) === 'logical' ? (type as avro.types.LogicalType).underlyingType : type;
}

function typesOf(type: avro.Type): readonly avro.Type[] {
  return (type as avro.types.UnwrappedUnionType).types;
}

function itemOf(type: avro.Type): avro.Type {
  return kindOf(type) === 'array'
    ? (type as avro.types.ArrayType).itemsType
    : (type as unknown as { valuesType: avro.Type }).valuesType;
}

function sizeOf(type: avro.Type): number {
  return (type as unknown as { size: number }).size;
}
