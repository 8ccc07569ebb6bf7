/** The type of a writer's schema: what stands on the wire, before any meaning of ours is given to it. */

import avro from 'avsc';

type Json = string | Json[] | { readonly [key: string]: unknown };

const logicalNames = new WeakMap<avro.Type, string>();

/** The logical type that a writer's schema names; undefined where it names none. */
export function logicalNameOf(type: avro.Type): string | undefined {
  return logicalNames.get(type);
}

/**
 * Values of unions come wrapped by their branch's name; logical types as the type below them.
 * @param schema Parsed JSON.
 * @throws Error when it is no Avro schema.
 */
export function writerType(schema: unknown): avro.Type {
  return avro.Type.forSchema(wireParts(schema as Json) as avro.Schema, { wrapUnions: 'always', typeHook: noteLogical });
}

/** Whether two schemas write the same bytes with the same meaning. */
export function writesTheSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(wireParts(a as Json)) === JSON.stringify(wireParts(b as Json));
}

/** The full name of a schema's record, enum or fixed; undefined for what has no name. */
export function fullNameOf(schema: unknown): string | undefined {
  const { name, namespace } = (schema ?? {}) as { name?: unknown; namespace?: unknown };
  if (typeof name !== 'string') return undefined;
  return name.includes('.') || typeof namespace !== 'string' || namespace === '' ? name : `${namespace}.${name}`;
}

/** The library leaves logical types out that it was not given; which they were decides whether a value can be read as ours. */
function noteLogical(schema: avro.Schema, options: unknown): avro.Type | undefined {
  const { logicalType, ...below } = schema as { logicalType?: unknown };
  if (typeof schema !== 'object' || Array.isArray(schema) || typeof logicalType !== 'string') return undefined;
  const type = avro.Type.forSchema(below as avro.Schema, options as object);
  logicalNames.set(type, logicalType);
  return type;
}

const WIRE_KEYS = ['type', 'name', 'namespace', 'size', 'logicalType', 'scale', 'precision'];

/** A schema without what does not change the bytes: documentation, defaults, aliases. A bad default must not cost a record. */
function wireParts(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(wireParts);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts: Record<string, unknown> = {};
  for (const key of WIRE_KEYS) if (key in schema) parts[key] = schema[key];
  if (typeof schema['type'] !== 'string') parts['type'] = wireParts(schema['type'] as Json);
  if ('symbols' in schema) parts['symbols'] = schema['symbols'];
  for (const key of ['items', 'values']) if (key in schema) parts[key] = wireParts(schema[key] as Json);
  if (Array.isArray(schema['fields'])) {
    parts['fields'] = schema['fields'].map(({ name, type }: { name: unknown; type: Json }) => ({
      name,
      type: wireParts(type),
    }));
  }
  return parts;
}
