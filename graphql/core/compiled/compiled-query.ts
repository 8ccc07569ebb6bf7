/**
 * Queries made ready once for each document: their data is written as JSON text while they are resolved, without an object for each value,
 * nor a promise where nothing has to be waited for. What graphql-js makes of the same document is the measure; what is rare it does
 * itself: directives, interfaces, introspection, resolvers that ask where they stand. Pure.
 */

import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  OperationTypeNode,
} from 'graphql';
import { leafWriter } from './leaf-writer.ts';
import { fieldsOf, NotCompiled, type Selecting } from './selected-fields.ts';
import { failedAt, joined, type Place, type Run, type Write, writeAt } from './writing.ts';

/** What a query came to: as graphql-js has it, but for `json`, which is its data as text. */
export interface WrittenResult {
  /** Undefined where the variables are wrong. */
  readonly json?: string;
  readonly errors?: readonly GraphQLError[];
}

export interface CompiledQuery {
  /** Fields made ready: what it takes of memory. */
  readonly fields: number;
  run(
    variables: Readonly<Record<string, unknown>> | undefined,
    context: unknown,
  ): WrittenResult | Promise<WrittenResult>;
}

/** Larger ones are rare, and would be remembered at the cost of all others. */
const MOST_FIELDS = 2000;
/** As graphql-js has it. */
const MOST_VARIABLE_ERRORS = 50;

/** @returns undefined where graphql-js has to execute it. */
export function compiledQuery(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName?: string | null,
): CompiledQuery | undefined {
  const operation = getOperationAST(document, operationName);
  const type = schema.getQueryType();
  if (operation?.operation !== OperationTypeNode.QUERY || type == null) return undefined;
  const compiler = new Compiler(schema, document);
  let write: Write;
  try {
    write = compiler.object(type, [operation]);
  } catch (error) {
    if (error instanceof NotCompiled) return undefined;
    throw error;
  }
  return {
    fields: compiler.fields,
    run(given, context) {
      const { coerced, errors: refused } = getVariableValues(schema, operation.variableDefinitions ?? [], given ?? {}, {
        maxErrors: MOST_VARIABLE_ERRORS,
      });
      if (refused !== undefined) return { errors: refused };
      const run: Run = { context, variables: coerced, args: [], errors: [] };
      return resultOf(write, run);
    },
  };
}

function resultOf(write: Write, run: Run): WrittenResult | Promise<WrittenResult> {
  const result = (json: string): WrittenResult => (run.errors.length === 0 ? { json } : { json, errors: run.errors });
  const failed = (error: unknown): WrittenResult => {
    run.errors.push(error as GraphQLError);
    return result('null');
  };
  try {
    const written = write(undefined, undefined, run);
    return typeof written === 'string' ? result(written) : written.then(result, failed);
  } catch (error) {
    return failed(error);
  }
}

interface Field {
  /** With what stands before it: `"key":`. */
  readonly name: string;
  readonly write: Write;
}

type Args = Readonly<Record<string, unknown>>;

const NO_ARGS: Args = Object.freeze({});

class Compiler {
  readonly #schema: GraphQLSchema;
  readonly #document: DocumentNode;
  #argSlots = 0;
  fields = 0;

  constructor(schema: GraphQLSchema, document: DocumentNode) {
    this.#schema = schema;
    this.#document = document;
  }

  object(type: GraphQLObjectType, parents: readonly Selecting[]): Write {
    // It would have to be asked of every value.
    if (type.isTypeOf != null) throw new NotCompiled();
    const selected = fieldsOf(this.#schema, this.#document, type, parents);
    const fields = [...selected].flatMap(([key, nodes]) => this.#field(type, key, nodes) ?? []);
    const parts = {
      names: fields.map(({ name }) => name),
      write: (at: number, value: unknown, place: Place | undefined, run: Run) =>
        (fields[at] as Field).write(value, place, run),
    };
    return (value, place, run) => {
      const text = joined(parts, fields.length, value, place, run);
      return typeof text === 'string' ? `{${text}}` : text.then((whole) => `{${whole}}`);
    };
  }

  #field(parent: GraphQLObjectType, key: string, nodes: readonly FieldNode[]): Field | undefined {
    this.fields += 1;
    if (this.fields > MOST_FIELDS) throw new NotCompiled();
    const [node] = nodes as [FieldNode];
    const name = `${JSON.stringify(key)}:`;
    const fieldName = node.name.value;
    if (fieldName === '__typename') return { name, write: () => JSON.stringify(parent.name) };
    if (fieldName.startsWith('__')) throw new NotCompiled();
    const definition = parent.getFields()[fieldName];
    if (definition === undefined) return undefined;
    const resolve = resolverOf(definition);
    const argsOf = this.#argsOf(definition, node);
    const spot = { nodes, isNullable: !isNonNullType(definition.type) };
    const complete = this.#completed(definition.type, nodes, `${parent.name}.${fieldName}`);
    return {
      name,
      write(source, above, run) {
        let value: unknown;
        try {
          value = resolve(source, argsOf(run), run.context);
        } catch (error) {
          return failedAt(error, spot, { above, key }, run);
        }
        return writeAt(value, complete, spot, above, key, run);
      },
    };
  }

  /** They depend on variables alone, so an execution coerces them once, however often the field is resolved. */
  #argsOf(definition: GraphQLField<unknown, unknown>, node: FieldNode): (run: Run) => Args {
    if (definition.args.length === 0) return () => NO_ARGS;
    const slot = this.#argSlots++;
    return ({ args, variables }) => (args[slot] ??= getArgumentValues(definition, node, variables));
  }

  #completed(type: GraphQLOutputType, nodes: readonly FieldNode[], field: string): Write {
    const isNullable = !isNonNullType(type);
    const write = this.#present(isNullable ? type : type.ofType, nodes, field);
    return (value, place, run) => {
      if (value instanceof Error) throw value;
      if (value != null) return write(value, place, run);
      if (isNullable) return 'null';
      throw new Error(`Cannot return null for non-nullable field ${field}.`);
    };
  }

  /** Of a value that is there. */
  #present(type: GraphQLOutputType, nodes: readonly FieldNode[], field: string): Write {
    if (isLeafType(type)) return leafWriter(type);
    if (isListType(type)) return this.#list(type.ofType, nodes, field);
    if (isObjectType(type)) return this.object(type, nodes);
    throw new NotCompiled();
  }

  #list(itemType: GraphQLOutputType, nodes: readonly FieldNode[], field: string): Write {
    const complete = this.#completed(itemType, nodes, field);
    const spot = { nodes, isNullable: !isNonNullType(itemType) };
    const parts = {
      write: (at: number, items: readonly unknown[], place: Place | undefined, run: Run) =>
        writeAt(items[at], complete, spot, place, at, run),
    };
    return (value, place, run) => {
      const items = itemsOf(value, field);
      const text = joined(parts, items.length, items, place, run);
      return typeof text === 'string' ? `[${text}]` : text.then((whole) => `[${whole}]`);
    };
  }
}

/** As graphql-js does without a resolver. */
type Resolve = (source: unknown, args: Args, context: unknown) => unknown;

/** @throws NotCompiled where the resolver asks where it stands */
function resolverOf({ name, resolve }: GraphQLField<unknown, unknown>): Resolve {
  if (resolve === undefined)
    return (source, args, context) => {
      const property = (source as Record<string, unknown> | undefined)?.[name];
      return typeof property === 'function' ? (property.call(source, args, context) as unknown) : property;
    };
  if (resolve.length > 3) throw new NotCompiled();
  return resolve as unknown as Resolve;
}

function itemsOf(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value === 'object' && value !== null && Symbol.iterator in value)
    return Array.from(value as Iterable<unknown>);
  throw new GraphQLError(`Expected Iterable, but did not find one for field "${field}".`);
}
