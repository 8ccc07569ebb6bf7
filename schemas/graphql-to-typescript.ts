/** TypeScript from the GraphQL schema: resolver types for the server, a typed client for the SDK. */

import { generate } from '@graphql-codegen/cli';

const SCALARS = {
  U64: { input: 'bigint', output: 'bigint' },
  DateTime: { input: 'Date', output: 'Date' },
  Address: { input: 'string', output: 'string' },
  Hash: { input: 'string', output: 'string' },
};

/** @param schemaPath The SDL file. */
export async function resolverTypes(schemaPath: string): Promise<string> {
  const files = (await generate(
    {
      schema: schemaPath,
      silent: true,
      generates: {
        'schema.generated.ts': {
          plugins: ['typescript', 'typescript-resolvers'],
          config: {
            scalars: SCALARS,
            enumsAsTypes: true,
            useTypeImports: true,
            avoidOptionals: { field: true, inputValue: false, object: true },
            inputMaybeValue: 'T | null | undefined',
            resolverTypeWrapperSignature: 'Promise<T> | T',
            contextType: './io/context.ts#GatewayContext',
            mappers: {
              Claim: './core/views.ts#ClaimView',
              Root: './core/views.ts#RootView',
              Epoch: './core/views.ts#EpochView',
              Settlement: './core/views.ts#RootView',
            },
          },
        },
      },
    },
    false,
  )) as { content: string }[];
  return files.map(({ content }) => content).join('\n');
}

const CLIENT_SCALARS = {
  // Decimal text in answers; whatever is exact is welcome in arguments.
  U64: { input: 'bigint | number | string', output: 'string' },
  DateTime: 'string',
  Address: 'string',
  Hash: 'string',
};

/** @param documents Glob of the operations. */
export async function clientOperations(schemaPath: string, documents: string): Promise<string> {
  const files = (await generate(
    {
      schema: schemaPath,
      documents,
      silent: true,
      generates: {
        'operations.generated.ts': {
          plugins: ['typescript-operations', 'typescript-generic-sdk'],
          config: { documentMode: 'string', enumsAsTypes: true, useTypeImports: true, scalars: CLIENT_SCALARS },
        },
      },
    },
    false,
  )) as { content: string }[];
  // The plugin wraps each document in a class that only its own preset declares; plain text is what the client sends.
  return files
    .map(({ content }) => content.replaceAll(/new TypedDocumentString\((`[^`]*`)(?:, \{[^}]*\})?\)/g, '$1'))
    .join('\n');
}
