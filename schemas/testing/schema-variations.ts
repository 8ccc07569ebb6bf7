/** Schemas as an older or a newer release could have had them, and values in both. */

import fc from 'fast-check';

export type Schema = string | Schema[] | SchemaObject;
export interface SchemaObject {
  type: Schema;
  name?: string;
  namespace?: string;
  logicalType?: string;
  symbols?: string[];
  items?: Schema;
  values?: Schema;
  size?: number;
  fields?: SchemaField[];
}
export interface SchemaField {
  name: string;
  type: Schema;
  default?: unknown;
}

const U64: SchemaObject = { type: 'string', logicalType: 'u64' };
const MILLIS: SchemaObject = { type: 'long', logicalType: 'timestamp-millis' };

/** Types of fields that another release has and this one has not, each with its default. */
const ADDED: readonly { type: (name: string) => Schema; default: unknown }[] = [
  { type: () => ['null', 'string'], default: null },
  { type: () => ['null', U64], default: null },
  { type: () => ['null', MILLIS], default: null },
  { type: () => U64, default: '7' },
  { type: () => ({ type: 'array', items: U64 }), default: [] },
  { type: () => ({ type: 'array', items: ['null', U64] }), default: [] },
  { type: () => ({ type: 'map', values: MILLIS }), default: {} },
  { type: () => ({ type: 'long', logicalType: 'timestamp-micros' }), default: 0 },
  { type: (name) => ({ type: 'enum', name: `${name}Enum`, symbols: ['a', 'b'] }), default: 'a' },
  { type: (name) => ({ type: 'fixed', name: `${name}Fixed`, size: 2 }), default: '\u0000\u0001' },
  {
    type: (name) => [
      'null',
      {
        type: 'record',
        name: `${name}Record`,
        fields: [
          { name: 'amount', type: U64 },
          { name: 'times', type: { type: 'array', items: MILLIS } },
        ],
      },
    ],
    default: null,
  },
];

export interface VariationOptions {
  /** Only variations that a reader of ours can be given too: no narrowed numbers, no lost logical types. */
  readonly forReaders: boolean;
}

/** A schema that differs from the given one in many small ways, all of which the two can read of each other. */
export function variationOf(schema: Schema, options: VariationOptions): fc.Arbitrary<Schema> {
  return fc.infiniteStream(fc.nat(99)).map((chances) => {
    let added = 0;
    const chance = (percent: number): boolean => (chances.next().value ?? 0) < percent;
    const below = (n: number): number => Math.floor(((chances.next().value ?? 0) * n) / 100);
    const vary = (part: Schema): Schema => {
      if (Array.isArray(part)) return varyUnion(part);
      if (typeof part === 'string') return varyPrimitive(part);
      if (part.type === 'record') return { ...part, fields: varyFields(part.fields ?? []) };
      if (part.type === 'enum') return { ...part, symbols: varySymbols(part.symbols ?? []) };
      if (part.type === 'array') return { ...part, items: vary(part.items ?? 'null') };
      if (part.logicalType !== undefined && !options.forReaders && chance(20)) return part.type;
      return part;
    };
    const varyPrimitive = (part: string): Schema => {
      if (part === 'long' && !options.forReaders && chance(15)) return 'int';
      return part !== 'null' && chance(10) ? ['null', part] : part;
    };
    const varyUnion = (branches: Schema[]): Schema[] => {
      const varied = branches.map((branch) => (typeof branch === 'string' ? branch : vary(branch)));
      const wider = chance(20) ? [...varied, { type: 'map', values: 'long' } satisfies Schema] : varied;
      return chance(20) && !options.forReaders ? wider.reverse() : wider;
    };
    const varySymbols = (symbols: string[]): string[] => {
      if (!chance(30)) return symbols;
      const at = below(symbols.length + 1);
      return [...symbols.slice(0, at), `added${(added += 1)}`, ...symbols.slice(at)];
    };
    const varyFields = (fields: SchemaField[]): SchemaField[] => {
      const kept = fields
        .filter((field) => !('default' in field && chance(15)))
        .map((field) => ({ ...field, type: 'default' in field ? varyWithDefault(field.type) : vary(field.type) }));
      if (chance(40)) {
        const name = `added${(added += 1)}`;
        const kind = ADDED[below(ADDED.length)] ?? { type: () => 'string', default: '' };
        kept.splice(below(kept.length + 1), 0, { name, type: kind.type(name), default: kind.default });
      }
      return chance(20) ? kept.reverse() : kept;
    };
    // A default belongs to the first branch of a union: that one stays.
    const varyWithDefault = (type: Schema): Schema => {
      if (!Array.isArray(type)) return typeof type === 'string' ? type : vary(type);
      const [first = 'null', ...others] = type;
      return [first, ...varyUnion(others)];
    };
    return vary(schema);
  });
}

/** Values of a schema, as this platform holds them. */
export function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  if (Array.isArray(schema)) return fc.oneof(...schema.map(valuesOf));
  if (typeof schema === 'string') return primitives(schema);
  if (schema.logicalType === 'u64') return fc.bigInt(0n, 2n ** 64n - 1n);
  switch (schema.type) {
    case 'record':
      return fc.record(Object.fromEntries((schema.fields ?? []).map(({ name, type }) => [name, valuesOf(type)])));
    case 'enum':
      return fc.constantFrom(...(schema.symbols ?? []));
    case 'array':
      return fc.array(valuesOf(schema.items ?? 'null'), { maxLength: 3 });
    case 'map':
      return fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), valuesOf(schema.values ?? 'null'), {
        maxKeys: 2,
      });
    case 'fixed':
      return fc
        .uint8Array({ minLength: schema.size ?? 0, maxLength: schema.size ?? 0 })
        .map((bytes) => Buffer.from(bytes));
    default:
      return valuesOf(schema.type);
  }
}

function primitives(name: string): fc.Arbitrary<unknown> {
  switch (name) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fc.string({ unit: 'binary', maxLength: 8 });
    case 'bytes':
      return fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes));
    case 'int':
    // Small enough for a writer that had an int.
    case 'long':
      return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    default:
      throw new Error(`no values for ${name}`);
  }
}

/**
 * What a writer with a schema puts on the wire for a value: unions wrapped by branch, logical types as what is below them. What the
 * value does not have is drawn.
 */
export function toWire(schema: Schema, value: unknown, draw: (schema: Schema) => unknown): unknown {
  if (Array.isArray(schema)) {
    const branch = schema.find((candidate) => holds(candidate, value));
    if (branch === undefined) throw new Error(`no branch of ${JSON.stringify(schema)} for ${String(value)}`);
    return branch === 'null' ? null : { [branchName(branch)]: toWire(branch, value, draw) };
  }
  if (typeof schema === 'string') return typeof value === 'bigint' ? value.toString() : value;
  if (schema.logicalType === 'u64') return String(value);
  switch (schema.type) {
    case 'record': {
      const record = value as Record<string, unknown>;
      return Object.fromEntries(
        (schema.fields ?? []).map(({ name, type }) => {
          const has = name in record;
          return [name, toWire(type, has ? record[name] : draw(type), draw)];
        }),
      );
    }
    case 'array':
      return (value as unknown[]).map((item) => toWire(schema.items ?? 'null', item, draw));
    case 'map':
      return Object.fromEntries(
        Object.entries(value as object).map(([key, item]) => [key, toWire(schema.values ?? 'null', item, draw)]),
      );
    default:
      return typeof schema.type === 'string' && schema.name === undefined ? toWire(schema.type, value, draw) : value;
  }
}

function branchName(branch: Schema): string {
  if (typeof branch === 'string') return branch;
  if (Array.isArray(branch)) throw new Error('a union in a union');
  return branch.name === undefined ? branchName(branch.type) : `attentionoracle.${branch.name}`;
}

function holds(branch: Schema, value: unknown): boolean {
  if (Array.isArray(branch)) return branch.some((each) => holds(each, value));
  const kind = typeof branch === 'string' ? branch : branch.logicalType === 'u64' ? 'u64' : branch.type;
  if (value === null || kind === 'null') return value === null && kind === 'null';
  switch (kind) {
    case 'string':
      return typeof value === 'string' || typeof value === 'bigint';
    case 'u64':
      return typeof value === 'bigint';
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
    case 'long':
      return typeof value === 'number';
    case 'bytes':
    case 'fixed':
      return Buffer.isBuffer(value);
    case 'enum':
      return typeof value === 'string' && ((branch as SchemaObject).symbols ?? []).includes(value);
    case 'array':
      return Array.isArray(value);
    default:
      return typeof value === 'object' && !Array.isArray(value) && !Buffer.isBuffer(value);
  }
}
