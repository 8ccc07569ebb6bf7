/** Queries over HTTP are compiled once, remembered, and answered with the text that they write. */

import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import { execute, type GraphQLSchema } from 'graphql';
import { ByteCache } from '../core/byte-cache.ts';
import { type CompiledQuery, compiledQuery } from '../core/compiled/compiled-query.ts';

type Gateway = ApolloServerOptionsWithGateway<never>['gateway'];

const REMEMBERED_BYTES = 16 * 1024 * 1024;
/** Roughly, of its functions and what they hold. */
const BYTES_OF_A_FIELD = 1500;

/** Data that is written already. */
class WrittenData {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }
}

/** Executes in place of the server library, which takes an executor only of what it calls a gateway. */
export function compiledQueries(schema: GraphQLSchema): Gateway {
  const known = new ByteCache<{ readonly query: CompiledQuery | undefined }>(REMEMBERED_BYTES);
  const tellSchema = new Set<(told: { apiSchema: GraphQLSchema; coreSupergraphSdl: string }) => void>();
  return {
    onSchemaLoadOrUpdate(tell) {
      tellSchema.add(tell);
      return () => void tellSchema.delete(tell);
    },
    async load() {
      for (const tell of tellSchema) tell({ apiSchema: schema, coreSupergraphSdl: '' });
      return {
        async executor({ document, queryHash, request, context }) {
          const key = `${queryHash}/${request.operationName ?? ''}`;
          let compiled = known.get(key);
          if (compiled === undefined) {
            compiled = { query: compiledQuery(schema, document, request.operationName) };
            known.set(key, compiled, BYTES_OF_A_FIELD * (compiled.query?.fields ?? 1));
          }
          if (compiled.query === undefined)
            return execute({
              schema,
              document,
              contextValue: context,
              variableValues: request.variables,
              operationName: request.operationName,
            }) as never;
          const { json, errors } = await compiled.query.run(request.variables, context);
          return { ...(errors && { errors }), ...(json !== undefined && { data: new WrittenData(json) }) } as never;
        },
      };
    },
    stop: async () => undefined,
  };
}

/** An answer as text. */
export function stringified({ errors, data, extensions }: Readonly<Record<string, unknown>>): string {
  const dataText = data instanceof WrittenData ? data.json : JSON.stringify(data);
  const parts = [
    ['errors', JSON.stringify(errors)],
    ['data', dataText],
    ['extensions', JSON.stringify(extensions)],
  ].flatMap(([name, text]) => (text === undefined ? [] : [`"${name}":${text}`]));
  return `{${parts.join(',')}}\n`;
}
