/** Documents of a schema with their variables: most of them right, some wrong in one way. Seeded. Pure. */

import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { SeededRandom } from '../random.ts';
import { anyText, anyValue, fittingValue, type KnownValues } from './hostile.ts';

export interface GraphqlRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName?: unknown;
  readonly extensions?: unknown;
}

const MOST_DEPTH = 7;
const NONSENSE = [
  '{',
  '}',
  '(',
  ')',
  '...',
  '@skip',
  '@include(if: true)',
  '$x',
  '"',
  '"""',
  '#',
  '&',
  ':',
  '\u0000',
  '__typename',
];

export function graphqlRequest(schema: GraphQLSchema, random: SeededRandom, known: KnownValues): GraphqlRequest {
  const writer = new DocumentWriter(random, known);
  const text = writer.write(schema);
  const query = random.chance(0.1) ? torn(text, random) : text;
  const variables = random.chance(0.05) ? (anyValue(random, known) as Record<string, unknown>) : writer.variables;
  return {
    query,
    variables,
    ...(random.chance(0.05) && { operationName: anyValue(random, known) }),
    ...(random.chance(0.05) && { extensions: anyValue(random, known) }),
  };
}

/** With a piece left out, or another put in. */
function torn(text: string, random: SeededRandom): string {
  const at = random.between(0, text.length);
  return `${text.slice(0, at)}${random.chance(0.5) ? random.pick(NONSENSE) : ''}${text.slice(at + random.between(0, 5))}`;
}

class DocumentWriter {
  readonly variables: Record<string, unknown> = {};
  readonly #declared: string[] = [];
  readonly #random: SeededRandom;
  readonly #known: KnownValues;
  #aliases = 0;

  constructor(random: SeededRandom, known: KnownValues) {
    this.#random = random;
    this.#known = known;
  }

  write(schema: GraphQLSchema): string {
    const query = schema.getQueryType() as GraphQLObjectType;
    const selected = this.#selection(query, 1);
    const declared = this.#declared.length === 0 ? '' : `(${this.#declared.join(', ')})`;
    return `query${this.#random.chance(0.3) ? ' Fuzz' : ''}${declared} ${selected}`;
  }

  #selection(type: GraphQLObjectType, depth: number): string {
    const fields = Object.values(type.getFields());
    const wanted = depth === 1 ? this.#random.between(1, 3) : this.#random.between(1, 5);
    const chosen = Array.from({ length: wanted }, () => this.#random.pick(fields));
    const parts = chosen.map((field) => this.#field(field, depth)).filter((part) => part !== undefined);
    return `{ ${['__typename', ...parts].join(' ')} }`;
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string | undefined {
    const below = this.#below(field.type, depth);
    if (below === undefined) return undefined;
    this.#aliases += 1;
    const directive = this.#random.chance(0.03) ? ` @include(if: ${this.#random.chance(0.5)})` : '';
    return `f${this.#aliases}: ${field.name}${this.#given(field.args)}${directive}${below}`;
  }

  #below(type: GraphQLOutputType, depth: number): string | undefined {
    const named = getNamedType(type);
    if (isObjectType(named)) return depth >= MOST_DEPTH ? undefined : ` ${this.#selection(named, depth + 1)}`;
    return isInterfaceType(named) ? ' { __typename id }' : '';
  }

  #given(args: readonly GraphQLArgument[]): string {
    const given = args.flatMap(({ name, type }) => {
      // A slot that is not there yet is waited for: asked for often, nothing else would be.
      if (!isNonNullType(type) && this.#random.chance(name === 'minSlot' ? 0.99 : 0.6)) return [];
      const variable = `v${this.#declared.length}`;
      this.#declared.push(`$${variable}: ${String(type)}`);
      this.variables[variable] = this.#random.chance(0.15)
        ? anyValue(this.#random, this.#known)
        : this.#value(type, name);
      return [`${name}: $${variable}`];
    });
    return given.length === 0 ? '' : `(${given.join(', ')})`;
  }

  #value(type: GraphQLInputType, name: string): unknown {
    if (isNonNullType(type)) return this.#value(type.ofType, name);
    if (isListType(type))
      return Array.from({ length: this.#random.between(0, 12) }, () => this.#value(type.ofType, name));
    if (isEnumType(type))
      return this.#random.chance(0.9) ? this.#random.pick(type.getValues()).name : anyText(this.#random, this.#known);
    if (isInputObjectType(type))
      return Object.fromEntries(
        Object.values(type.getFields())
          .filter((field) => isNonNullType(field.type) || this.#random.chance(0.5))
          .map((field) => [field.name, this.#value(field.type, field.name)]),
      );
    return fittingValue(type.name, name, this.#random, this.#known);
  }
}
