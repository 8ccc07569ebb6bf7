/** Apollo Server: the schema over HTTP. */

import { readFileSync } from 'node:fs';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { scalars } from '../core/scalars.ts';
import { compiledQueries, stringified } from './compiled-queries.ts';
import type { GatewayContext } from './context.ts';
import { limitRules, PARSE_OPTIONS } from './documents.ts';
import type { PersistedDocuments } from './persisted-documents.ts';
import { legacyResolvers } from './resolvers/legacy.ts';
import { queryResolvers } from './resolvers/queries.ts';
import { subscriptionResolvers } from './resolvers/subscriptions.ts';
import type { ToldErrors } from './told-errors.ts';

/** The contract, in the schema language. */
export function schemaText(): string {
  return readFileSync(new URL('../../schemas/graphql/schema.graphql', import.meta.url), 'utf8');
}

export function executableSchema(): GraphQLSchema {
  return makeExecutableSchema({
    typeDefs: schemaText(),
    resolvers: [scalars, queryResolvers, legacyResolvers, subscriptionResolvers] as never,
  });
}

/** Every answer says how sure it is; one that is given from memory in a header too. None may be remembered on its way. */
const certainty: ApolloServerPlugin<GatewayContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ contextValue, response }) => {
      response.http.headers.set('cache-control', 'no-store');
      if (contextValue.certainty.stale) response.http.headers.set('x-ao-stale', 'true');
      if (response.body.kind !== 'single') return;
      const { singleResult } = response.body;
      singleResult.extensions = { ...singleResult.extensions, ao: contextValue.certainty.told() };
    },
  }),
};

/** Document or variables are wrong: the request itself was understood. */
const REQUEST_ERRORS = new Set(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT']);

/** Who asks for application/json by name gets status 200 with such errors, as GraphQL over HTTP has it. */
const legacyStatus: ApolloServerPlugin<GatewayContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ request, response, errors }) => {
      const accepted = request.http?.headers.get('accept') ?? '';
      const isLegacy = accepted.includes('application/json') && !accepted.includes('application/graphql-response+json');
      const isRequestError = errors?.every(({ extensions }) => REQUEST_ERRORS.has(String(extensions['code'])));
      if (isLegacy && isRequestError === true && response.http.status === 400) response.http.status = 200;
    },
  }),
};

/** What else than the manifest holds is refused before it runs, where that is so set. */
const trusted = (persisted: PersistedDocuments): ApolloServerPlugin<GatewayContext> => ({
  requestDidStart: async () => ({
    didResolveOperation: async ({ document, request }) => persisted.admit(document, request.operationName),
  }),
});

/** The library's keys are hashes behind a prefix. */
function persistedCache(persisted: PersistedDocuments) {
  const hashOf = (key: string): string => key.slice(key.indexOf(':') + 1);
  return {
    get: async (key: string) => persisted.known(hashOf(key)),
    set: async (key: string, text: string) => persisted.remember(hashOf(key), text),
    delete: async () => false,
  };
}

export function apolloServer(
  app: FastifyInstance,
  schema: GraphQLSchema,
  options: {
    readonly introspection: boolean;
    readonly persisted: PersistedDocuments;
    readonly told: ToldErrors;
  },
): ApolloServer<GatewayContext> {
  return new ApolloServer<GatewayContext>({
    gateway: compiledQueries(schema),
    stringifyResult: stringified as never,
    introspection: options.introspection,
    parseOptions: PARSE_OPTIONS,
    validationRules: limitRules(),
    csrfPrevention: true,
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    persistedQueries: { cache: persistedCache(options.persisted) },
    plugins: [
      certainty,
      legacyStatus,
      trusted(options.persisted),
      // It would be asked at every field of every answer, to say what stands above.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      fastifyApolloDrainPlugin(app),
    ],
    formatError: options.told,
  });
}
