/** Which fields a document selects of an object type, with its fragments followed. Pure. */

import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** The document has what is left to graphql-js. */
export class NotCompiled extends Error {}

/** What has a selection: an operation, or the nodes of a field that is asked for several times. */
export interface Selecting {
  readonly selectionSet?: SelectionSetNode | undefined;
}

/**
 * By the name in the answer, in the order of the document.
 * @throws NotCompiled where directives stand
 */
export function fieldsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  type: GraphQLObjectType,
  parents: readonly Selecting[],
): Map<string, FieldNode[]> {
  const fields = new Map<string, FieldNode[]>();
  const visited = new Set<string>();
  const isOf = (condition: string | undefined): boolean => {
    if (condition === undefined || condition === type.name) return true;
    const wanted = schema.getType(condition);
    return isAbstractType(wanted) && schema.isSubType(wanted, type);
  };
  const collect = (selections: SelectionSetNode): void => {
    for (const selection of selections.selections) {
      if (selection.directives !== undefined && selection.directives.length > 0) throw new NotCompiled();
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const known = fields.get(key);
        if (known === undefined) fields.set(key, [selection]);
        else known.push(selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (isOf(selection.typeCondition?.name.value)) collect(selection.selectionSet);
      } else {
        const name = selection.name.value;
        if (visited.has(name)) continue;
        visited.add(name);
        const fragment = document.definitions.find(
          (definition): definition is FragmentDefinitionNode =>
            definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
        );
        if (fragment !== undefined && isOf(fragment.typeCondition.name.value)) collect(fragment.selectionSet);
      }
    }
  };
  for (const { selectionSet } of parents) if (selectionSet !== undefined) collect(selectionSet);
  return fields;
}
