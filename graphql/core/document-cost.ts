/** What a document may cost at most: every field counts one, once for each row of the pages it stands in. Pure. */

import {
  type ASTVisitor,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import { DEFAULT_PAGE, MAX_PAGE } from './cursor.ts';

/** A hundred claims with everything about their proofs cost about 3,500. */
export const MAX_COST = 15_000;

/**
 * Validation rule. A page of a size that only a variable tells counts as the largest, for a document is judged once for all
 * of its variables. Cycles of fragments are for another rule to refuse; here they cost nothing.
 */
export function documentCost(context: ValidationContext): ASTVisitor {
  const fragments = new Map<string, number>();
  const costOf = (selections: SelectionSetNode, parent: GraphQLObjectType | undefined): number => {
    let cost = 0;
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) cost += costOfField(selection, parent);
      else if (selection.kind === Kind.INLINE_FRAGMENT)
        cost += costOf(selection.selectionSet, objectNamed(selection.typeCondition?.name.value) ?? parent);
      else cost += costOfFragment(context.getFragment(selection.name.value));
    }
    return cost;
  };
  const objectNamed = (name: string | undefined): GraphQLObjectType | undefined => {
    const type = name === undefined ? undefined : context.getSchema().getType(name);
    return isObjectType(type) ? type : undefined;
  };
  const costOfField = (field: FieldNode, parent: GraphQLObjectType | undefined): number => {
    const definition = parent?.getFields()[field.name.value];
    if (field.selectionSet === undefined) return 1;
    const type = definition === undefined ? undefined : getNamedType(definition.type);
    const below = costOf(field.selectionSet, isObjectType(type) ? type : undefined);
    return 1 + below * pageSize(field, definition);
  };
  const costOfFragment = (fragment: FragmentDefinitionNode | null | undefined): number => {
    if (fragment == null) return 0;
    const known = fragments.get(fragment.name.value);
    if (known !== undefined) return known;
    fragments.set(fragment.name.value, 0);
    const cost = costOf(fragment.selectionSet, objectNamed(fragment.typeCondition.name.value));
    fragments.set(fragment.name.value, cost);
    return cost;
  };
  return {
    OperationDefinition(operation: OperationDefinitionNode) {
      const root = context.getSchema().getRootType(operation.operation);
      const cost = costOf(operation.selectionSet, root ?? undefined);
      if (cost <= MAX_COST) return;
      context.reportError(
        new GraphQLError(
          `The document asks for up to ${cost} values, ${MAX_COST} are allowed; ask for fewer fields or smaller pages.`,
          { nodes: operation, extensions: { code: 'DOCUMENT_TOO_LARGE' } },
        ),
      );
    },
  };
}

/** Whatever is given as a size counts: of two sizes, which are refused later, the larger. */
function pageSize({ arguments: args = [] }: FieldNode, definition: GraphQLField<unknown, unknown> | undefined): number {
  if (definition?.args.some(({ name }) => name === 'first') !== true) return 1;
  const given = args.filter(({ name }) => name.value === 'first' || name.value === 'last');
  const sizes = given.map(({ value }) =>
    value.kind === Kind.INT ? Math.min(Math.max(1, Number(value.value)), MAX_PAGE) : MAX_PAGE,
  );
  return sizes.length === 0 ? DEFAULT_PAGE : Math.max(...sizes);
}
