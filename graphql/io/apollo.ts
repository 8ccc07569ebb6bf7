/** Apollo Server: the schema over HTTP. */

import { readFileSync } from 'node:fs';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { scalars } from '../core/scalars.ts';
import type { GatewayContext } from './context.ts';
import { limitRules, PARSE_OPTIONS } from './documents.ts';
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

/** Every answer says how sure it is; one that is given from memory in a header too. */
const certainty: ApolloServerPlugin<GatewayContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ contextValue, response }) => {
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

export function apolloServer(
  app: FastifyInstance,
  schema: GraphQLSchema,
  options: { readonly introspection: boolean; readonly told: ToldErrors },
): ApolloServer<GatewayContext> {
  return new ApolloServer<GatewayContext>({
    schema,
    introspection: options.introspection,
    parseOptions: PARSE_OPTIONS,
    validationRules: limitRules(),
    csrfPrevention: true,
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    plugins: [certainty, legacyStatus, ApolloServerPluginLandingPageDisabled(), fastifyApolloDrainPlugin(app)],
    formatError: options.told,
  });
}
