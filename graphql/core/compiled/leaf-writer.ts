/** Values of scalars and enums as JSON text. Pure. */

import { type GraphQLLeafType, isEnumType, specifiedScalarTypes } from 'graphql';

export type WriteLeaf = (value: unknown) => string;

/**
 * Of a scalar's `extensions`: what its values are written as has nothing that JSON would escape. Asking JSON.stringify for every one costs
 * more than all else about them.
 */
export const PLAIN_TEXT = 'attentionOracle.plainText';

/** The writer throws what graphql-js would: a GraphQLError of the scalar, or an Error of a value that it does not serialise. */
export function leafWriter(type: GraphQLLeafType): WriteLeaf {
  const serialized = (value: unknown): unknown => {
    const result: unknown = type.serialize(value);
    if (result != null) return result;
    throw new Error(
      `Expected \`${type.name}.serialize(${shown(value)})\` to return non-nullable value, returned: ${String(result)}`,
    );
  };
  if (isEnumType(type)) {
    const texts = new Map(type.getValues().map(({ value, name }) => [value as unknown, JSON.stringify(name)]));
    return (value) => texts.get(value) ?? JSON.stringify(serialized(value));
  }
  if (type.extensions[PLAIN_TEXT] === true) return (value) => `"${String(serialized(value))}"`;
  const isText = (type.name === 'String' || type.name === 'ID') && specifiedScalarTypes.includes(type);
  if (isText) return (value) => JSON.stringify(typeof value === 'string' ? value : serialized(value));
  return (value) => JSON.stringify(serialized(value));
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
