import { describe, expect, it } from '@jest/globals';
import avro from 'avsc';
import fc from 'fast-check';
import { evolutionOf, type ReadRecord } from './evolution.ts';
import { RECORD_NAMES, recordType, schemaText, TYPE_OPTIONS } from './records.ts';
import { type Schema, type SchemaObject, toWire, valuesOf, variationOf } from './testing/schema-variations.ts';
import { writerType } from './writer-type.ts';

const schemaOf = (name: (typeof RECORD_NAMES)[number]): SchemaObject => JSON.parse(schemaText(name)) as SchemaObject;
const ownType = (schema: Schema): avro.Type => avro.Type.forSchema(schema as avro.Schema, { ...TYPE_OPTIONS });

/** What a reader gets of a value that was written with a schema: what both have, else the reader's default. */
function expected(reader: Schema, writer: Schema, value: unknown): unknown {
  const branches = (schema: Schema): Schema[] => (Array.isArray(schema) ? schema : [schema]);
  const record = (schema: Schema): SchemaObject | undefined =>
    branches(schema).find((each): each is SchemaObject => typeof each === 'object' && 'fields' in each);
  const [ours, theirs] = [record(reader), record(writer)];
  if (ours === undefined || theirs === undefined || value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    (ours.fields ?? []).map((field) => {
      const written = theirs.fields?.find(({ name }) => name === field.name);
      if (written === undefined) return [field.name, ownDefault(field.type, field.default)];
      return [field.name, expectedInside(field.type, written.type, (value as Record<string, unknown>)[field.name])];
    }),
  );

  function expectedInside(ourType: Schema, theirType: Schema, inner: unknown): unknown {
    if (!Array.isArray(inner)) return expected(ourType, theirType, inner);
    const items = (schema: Schema): Schema =>
      branches(schema)
        .map((each) => (each as SchemaObject).items)
        .find((each) => each !== undefined) ?? 'null';
    return inner.map((item) => expected(items(ourType), items(theirType), item));
  }
}

/** A default as the platform holds it; those of the variations are few. */
function ownDefault(type: Schema, value: unknown): unknown {
  const single = type as SchemaObject;
  if (single.logicalType === 'u64') return BigInt(value as string);
  return single.type === 'fixed' ? Buffer.from(value as string, 'latin1') : value;
}

/** Writes with one schema and reads with another. */
function passOn(reader: Schema, writer: Schema, value: unknown, draw: (schema: Schema) => unknown): ReadRecord {
  const type = writerType(writer);
  const bytes = type.toBuffer(toWire(writer, value, draw));
  return evolutionOf(ownType(reader), type)(bytes);
}

describe.each(RECORD_NAMES)('%s', (name) => {
  const own = schemaOf(name);

  it('written by another release is read: what both have as it was, the rest as its default', () => {
    fc.assert(
      fc.property(variationOf(own, { forReaders: false }), valuesOf(own), fc.gen(), (writer, value, gen) => {
        const read = passOn(own, writer, value, (type) => gen(valuesOf, type));
        expect(read).toEqual({ value: expected(own, writer, value), unknown: [] });
        // What was read is a whole record of ours.
        expect(recordType(name).isValid(read.value)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('written by this release is read by another', () => {
    fc.assert(
      fc.property(variationOf(own, { forReaders: true }), valuesOf(own), (reader, value) => {
        const read = passOn(reader, own, value, () => undefined);
        expect(read).toEqual({ value: expected(reader, own, value), unknown: [] });
      }),
      { numRuns: 300 },
    );
  });
});

describe('a value of a logical type', () => {
  const record = (type: Schema): SchemaObject => ({ type: 'record', name: 'R', fields: [{ name: 'a', type }] });
  const read = (reader: Schema, writer: Schema, value: unknown): unknown => {
    const type = writerType(record(writer));
    const found = evolutionOf(ownType(record(reader)), type)(type.toBuffer({ a: value })).value as { a: unknown };
    return found.a;
  };
  const u64: Schema = { type: 'string', logicalType: 'u64' };
  const millis: Schema = { type: 'long', logicalType: 'timestamp-millis' };

  it('is converted once, wherever it stands', () => {
    expect(read(u64, u64, '18446744073709551615')).toBe(2n ** 64n - 1n);
    expect(read(['null', u64], u64, '5')).toBe(5n);
    expect(read(['null', u64], ['null', u64], { string: '5' })).toBe(5n);
    expect(read({ type: 'array', items: u64 }, { type: 'array', items: ['null', u64] }, [{ string: '5' }])).toEqual([
      5n,
    ]);
    expect(read({ type: 'map', values: u64 }, { type: 'map', values: u64 }, { k: '5' })).toEqual({ k: 5n });
  });

  it('is read from a writer that did not mark it, and as plain text by a reader that does not', () => {
    expect(read(u64, 'string', '5')).toBe(5n);
    expect(read(millis, 'long', 5)).toBe(5);
    expect(read('string', u64, '5')).toBe('5');
  });

  it('is not read as another one: microseconds are no milliseconds', () => {
    expect(() => read(millis, { type: 'long', logicalType: 'timestamp-micros' }, 5)).toThrow(
      'a is of type long (timestamp-micros), which cannot be read as timestamp-millis',
    );
    expect(() => read(['null', u64], { type: 'string', logicalType: 'uuid' }, '5')).toThrow(/uuid/);
  });

  it('that is none of its type is an error', () => {
    expect(() => read(u64, 'string', '-5')).toThrow('not an unsigned 64-bit integer: -5');
  });
});

describe('what this release does not know', () => {
  const record = (type: Schema): SchemaObject => ({ type: 'record', name: 'R', fields: [{ name: 'a', type }] });
  const read = (reader: Schema, writer: Schema, value: unknown): ReadRecord => {
    const type = writerType(record(writer));
    return evolutionOf(ownType(record(reader)), type)(type.toBuffer({ a: value }));
  };
  const symbols = (...of: string[]): Schema => ({ type: 'enum', name: 'E', symbols: of });

  it('is told as other where an enum has it, with the symbol', () => {
    expect(read(symbols('claim', 'other'), symbols('claim', 'fund', 'other'), 'fund')).toEqual({
      value: { a: 'other' },
      unknown: [{ path: 'a', symbol: 'fund' }],
    });
    expect(read(symbols('claim', 'other'), symbols('claim', 'fund', 'other'), 'claim').unknown).toEqual([]);
  });

  it('is an error only where it stands', () => {
    expect(read(symbols('A'), symbols('A', 'B'), 'A').value).toEqual({ a: 'A' });
    expect(() => read(symbols('A'), symbols('A', 'B'), 'B')).toThrow('a is B, which this release does not know');
    const wider: Schema = ['null', 'string', { type: 'array', items: 'long' }];
    expect(read(['null', 'string'], wider, { string: 'x' }).value).toEqual({ a: 'x' });
    expect(() => read(['null', 'string'], wider, { array: [1] })).toThrow(/a is of type array/);
    expect(() => read('long', { type: 'record', name: 'N', fields: [] }, {})).toThrow(/cannot be read as long/);
  });

  it('and needs is an error: a field without a default that the writer did not have', () => {
    const writer = writerType({ type: 'record', name: 'R', fields: [] });
    const reader = ownType(record('long'));
    expect(() => evolutionOf(reader, writer)(Buffer.alloc(0))).toThrow('a is missing and has no default');
  });
});
