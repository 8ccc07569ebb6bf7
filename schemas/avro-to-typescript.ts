/** TypeScript interfaces from Avro schemas. The libraries for this emit namespaces, which Node's type stripping refuses. */

type Avro = string | Avro[] | AvroObject;
interface AvroObject {
  type: Avro;
  name?: string;
  doc?: string;
  logicalType?: string;
  symbols?: string[];
  items?: Avro;
  fields?: { name: string; type: Avro; doc?: string }[];
}

const PRIMITIVES: Record<string, string> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Uint8Array',
};
const LOGICAL: Record<string, string> = { u64: 'bigint', 'timestamp-millis': 'number' };

/**
 * Declarations of a schema and of every named type in it, outermost first.
 * @throws Error on an Avro type that the platform's schemas do not use.
 */
export function toTypeScript(schema: unknown): string {
  const declarations: string[] = [];
  declare(schema as AvroObject, declarations);
  return declarations.join('\n');
}

function declare(schema: AvroObject, out: string[]): void {
  if (schema.type === 'enum') {
    const symbols = (schema.symbols ?? []).map((symbol) => `'${symbol}'`).join(' | ');
    out.push(`${comment(schema.doc, '')}export type ${schema.name} = ${symbols};\n`);
    return;
  }
  const nested: string[] = [];
  const fields = (schema.fields ?? []).map(
    (field) => `${comment(field.doc, '  ')}  ${field.name}: ${expression(field.type, nested)};\n`,
  );
  out.push(`${comment(schema.doc, '')}export interface ${schema.name} {\n${fields.join('')}}\n`, ...nested);
}

function expression(type: Avro, nested: string[]): string {
  if (Array.isArray(type)) return type.map((branch) => expression(branch, nested)).join(' | ');
  if (typeof type === 'string') return PRIMITIVES[type] ?? type;
  if (type.logicalType !== undefined && type.logicalType in LOGICAL) return LOGICAL[type.logicalType] ?? '';
  if (type.type === 'array') return `${expression(type.items ?? 'null', nested)}[]`;
  if ((type.type === 'record' || type.type === 'enum') && type.name !== undefined) {
    declare(type, nested);
    return type.name;
  }
  if (typeof type.type === 'string' && type.type in PRIMITIVES) return expression(type.type, nested);
  throw new Error(`no TypeScript type for the Avro type ${JSON.stringify(type)}`);
}

function comment(doc: string | undefined, indent: string): string {
  return doc === undefined ? '' : `${indent}/** ${doc} */\n`;
}
