/** Parsing and checking what clients ask, by the same rules on every transport. */

import { ApolloArmor } from '@escape.tech/graphql-armor';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  type ParseOptions,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import { ByteCache } from '../core/byte-cache.ts';
import { documentCost } from '../core/document-cost.ts';

/** Parsing ends at the first token too much, so that a long document costs no more than a short one. */
export const PARSE_OPTIONS: ParseOptions = { maxTokens: 1000 };

const REMEMBERED_BYTES = 4 * 1024 * 1024;
/** What a parsed document takes, against its text. */
const BYTES_OF_A_CHARACTER = 20;

/** What a document may ask for, beyond the rules of the language. Its tokens are limited by PARSE_OPTIONS. */
export function limitRules(): ValidationRule[] {
  const armor = new ApolloArmor({
    maxDepth: { n: 8 },
    maxAliases: { n: 15 },
    maxDirectives: { n: 20 },
    // By the parser; the library's plugin parses a second time.
    maxTokens: { enabled: false },
    // By documentCost, which knows page sizes that stand in variables or are not given.
    costLimit: { enabled: false },
    blockFieldSuggestion: { enabled: false },
  });
  return [...armor.protect().validationRules, documentCost];
}

export interface DocumentChecker {
  /** @throws GraphQLError where it does not parse; AggregateError of GraphQLErrors where it is not valid. */
  check(text: string): DocumentNode;
}

/** For transports that have no server library to do it. Remembers good documents. */
export function documentChecker(schema: GraphQLSchema, introspection: boolean): DocumentChecker {
  const rules = [...specifiedRules, ...limitRules(), ...(introspection ? [] : [NoSchemaIntrospectionCustomRule])];
  const known = new ByteCache<DocumentNode>(REMEMBERED_BYTES);
  return {
    check(text) {
      const found = known.get(text);
      if (found !== undefined) return found;
      const document = parsed(text);
      const errors = validate(schema, document, rules).map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
      if (errors.length > 0) throw new AggregateError(errors, 'invalid document');
      known.set(text, document, text.length * BYTES_OF_A_CHARACTER);
      return document;
    },
  };
}

function parsed(text: string): DocumentNode {
  try {
    return parse(text, PARSE_OPTIONS);
  } catch (error) {
    throw error instanceof GraphQLError ? withCode(error, 'GRAPHQL_PARSE_FAILED') : error;
  }
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  error.extensions['code'] ??= code;
  return error;
}
