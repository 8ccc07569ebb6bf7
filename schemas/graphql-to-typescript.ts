/** TypeScript from the GraphQL schema: resolver types for the server, a typed client for the SDK, typed documents for the page. */

import { type CodegenContext, generate } from '@graphql-codegen/cli';

const SCALARS = {
  U64: { input: 'bigint', output: 'bigint' },
  DateTime: { input: 'Date', output: 'Date' },
  Address: { input: 'string', output: 'string' },
  Hash: { input: 'string', output: 'string' },
};

const SERVER_CONFIG = {
  scalars: SCALARS,
  enumsAsTypes: true,
  useTypeImports: true,
  avoidOptionals: { field: true, inputValue: false, object: true },
  inputMaybeValue: 'T | null | undefined',
};

async function generated(config: Exclude<Parameters<typeof generate>[0], CodegenContext>): Promise<string> {
  const files = (await generate({ ...config, silent: true }, false)) as { content: string }[];
  return files.map(({ content }) => content).join('\n');
}

/** The schema's own types. @param schema The SDL file. */
export function schemaTypes(schema: string): Promise<string> {
  return generated({ schema, generates: { 'types.ts': { plugins: ['typescript'], config: SERVER_CONFIG } } });
}

/** Types of the resolvers, in a module beside that of `schemaTypes`; apart from it, so that what they map to may import those. */
export async function resolverTypes(schema: string): Promise<string> {
  const text = await generated({
    schema,
    generates: {
      'resolvers.ts': {
        plugins: ['typescript-resolvers'],
        config: {
          ...SERVER_CONFIG,
          namespacedImportName: 'Types',
          resolverTypeWrapperSignature: 'Promise<T> | T',
          contextType: './io/context.ts#GatewayContext',
          mappers: {
            Claim: './core/views.ts#ClaimView',
            ClaimProof: './core/views.ts#ProofView',
            Root: './core/views.ts#RootView',
            Epoch: './core/views.ts#EpochView',
            Settlement: './core/views.ts#RootView',
            SettlementStep: './core/views.ts#SettlementStepView',
            LeafExplanation: './io/explanation.ts#LeafExplanationView',
            Pipeline: './io/pipeline.ts#PipelineView',
            Node: './io/nodes.ts#NodeView',
            ClaimNode: './core/views.ts#ClaimView',
          },
        },
      },
    },
  });
  return `import type * as Types from './schema-types.generated.ts';\n${text}`;
}

const CLIENT_SCALARS = {
  // Decimal text in answers; whatever is exact is welcome in arguments.
  U64: { input: 'bigint | number | string', output: 'string' },
  DateTime: 'string',
  Address: 'string',
  Hash: 'string',
};

/** @param documents Glob of the operations. */
export async function clientOperations(schema: string, documents: string): Promise<string> {
  const text = await generated({
    schema,
    documents,
    generates: {
      'operations.ts': {
        plugins: ['typescript-operations', 'typescript-generic-sdk'],
        config: { documentMode: 'string', enumsAsTypes: true, useTypeImports: true, scalars: CLIENT_SCALARS },
      },
    },
  });
  // The plugin wraps each document in a class that only its own preset declares; plain text is what the client sends.
  return text.replaceAll(/new TypedDocumentString\((`[^`]*`)(?:, \{[^}]*\})?\)/g, '$1');
}

/** Documents that carry the types of their variables and answers. @param documents Glob of the operations. */
export function pageOperations(schema: string, documents: string): Promise<string> {
  return generated({
    schema,
    documents,
    generates: {
      'operations.ts': {
        plugins: ['typescript-operations', 'typed-document-node'],
        config: { enumsAsTypes: true, useTypeImports: true, scalars: CLIENT_SCALARS },
      },
    },
  });
}
