/** Apollo Server: schema, limits, errors that tell clients what they need and no more. */

import { readFileSync } from 'node:fs';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import { ApolloArmor } from '@escape.tech/graphql-armor';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { FastifyInstance } from 'fastify';
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema, type ValidationRule } from 'graphql';
import type { Logger } from '../../runtime/logging.ts';
import { scalars } from '../core/scalars.ts';
import type { GatewayContext } from './context.ts';
import { queryResolvers } from './resolvers/queries.ts';
import { subscriptionResolvers } from './resolvers/subscriptions.ts';

export function executableSchema(): GraphQLSchema {
  const typeDefs = readFileSync(new URL('../../schemas/graphql/schema.graphql', import.meta.url), 'utf8');
  return makeExecutableSchema({ typeDefs, resolvers: [scalars, queryResolvers, subscriptionResolvers] as never });
}

/** Limits on what one document may ask for; the WebSocket transport takes the rules too. */
export function protection(): ValidationRule[] {
  const armor = new ApolloArmor({
    maxDepth: { n: 8 },
    maxAliases: { n: 15 },
    maxDirectives: { n: 20 },
    maxTokens: { n: 2000 },
    costLimit: { maxCost: 20_000 },
    blockFieldSuggestion: { enabled: false },
  });
  // Its plugins only log rejections; its rules are what protects.
  return armor.protect().validationRules;
}

/** Answers given from cache say so in a header. */
const staleHeader: ApolloServerPlugin<GatewayContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ contextValue, response }) => {
      if (contextValue.staleness.stale) response.http.headers.set('x-ao-stale', 'true');
    },
  }),
};

export function apolloServer(
  app: FastifyInstance,
  schema: GraphQLSchema,
  options: { introspection: boolean; log: Logger },
): ApolloServer<GatewayContext> {
  return new ApolloServer<GatewayContext>({
    schema,
    introspection: options.introspection,
    validationRules: protection(),
    csrfPrevention: true,
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    plugins: [staleHeader, ApolloServerPluginLandingPageDisabled(), fastifyApolloDrainPlugin(app)],
    formatError: (formatted, error) => formatError(formatted, error, options.log),
  });
}

/** An error that we did not raise ourselves is logged whole and told in general words. */
export function formatError(formatted: GraphQLFormattedError, error: unknown, log: Logger): GraphQLFormattedError {
  const cause = unwrapResolverError(error);
  if (cause instanceof GraphQLError || formatted.extensions?.['code'] !== 'INTERNAL_SERVER_ERROR') return formatted;
  log.error({ err: cause, path: formatted.path }, 'resolver failed');
  return {
    ...formatted,
    message: 'Something went wrong here, not with your request. It is logged; try again later.',
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  };
}
