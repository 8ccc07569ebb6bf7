/** The HTTP server: GraphQL, subscriptions and REST on one port. */

import type { AddressInfo } from 'node:net';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import fastifyCors from '@fastify/cors';
import fastifyHelmet from '@fastify/helmet';
import fastifyRateLimit from '@fastify/rate-limit';
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import fastifyWebsocket from '@fastify/websocket';
import fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, LogController } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { GraphQLError } from 'graphql';
import { AppError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logging.ts';
import type { GatewayConfig } from '../config.ts';
import { apolloServer, executableSchema } from './apollo.ts';
import type { GatewayServices } from './context.ts';
import { requestContext } from './request-context.ts';
import { registerRest } from './rest.ts';
import { subscriptionHandler } from './websocket.ts';

export interface GatewayServer {
  /** Base URL with the port really taken. */
  readonly url: string;
  close(): Promise<void>;
}

const BODY_LIMIT_BYTES = 256 * 1024;

/** @throws AppError PORT_TAKEN */
export async function startServer(
  config: GatewayConfig,
  services: GatewayServices,
  log: Logger,
): Promise<GatewayServer> {
  const logger: FastifyBaseLogger = log;
  const app: FastifyInstance = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: config.GATEWAY_TRUST_PROXY,
    forceCloseConnections: 'idle',
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error: FastifyError, _request, reply) => replyError(error, reply, log));
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: 'not_found', message: 'GraphQL is at /graphql, the REST documentation at /docs.' }),
  );

  await app.register(fastifyHelmet, { contentSecurityPolicy: false });
  if (config.GATEWAY_CORS_ORIGINS.length > 0) {
    await app.register(fastifyCors, {
      origin: config.GATEWAY_CORS_ORIGINS.includes('*') ? true : config.GATEWAY_CORS_ORIGINS,
    });
  }
  if (config.GATEWAY_RATE_LIMIT_PER_MINUTE > 0) {
    await app.register(fastifyRateLimit, { max: config.GATEWAY_RATE_LIMIT_PER_MINUTE, timeWindow: '1 minute' });
  }
  await app.register(fastifyWebsocket, { options: { maxPayload: BODY_LIMIT_BYTES } });
  await app.register(fastifySwagger, {
    openapi: {
      info: {
        title: 'Attention Oracle gateway',
        version: '1',
        description: 'REST facade; GraphQL at /graphql has more.',
      },
    },
    transform: jsonSchemaTransform,
  });
  await app.register(fastifySwaggerUi, { routePrefix: '/docs' });

  const context = () => requestContext(services, log);
  const schema = executableSchema();
  const apollo = apolloServer(app, schema, { introspection: config.GATEWAY_INTROSPECTION, log });
  await apollo.start();
  const handler = fastifyApolloHandler(apollo, { context: async () => context() });
  app.route({
    method: 'GET',
    url: '/graphql',
    schema: { hide: true },
    handler,
    wsHandler: subscriptionHandler(schema, context),
  });
  app.route({ method: 'POST', url: '/graphql', schema: { hide: true }, handler });
  registerRest(app, { context, health: services.health });

  try {
    await app.listen({ host: config.GATEWAY_HOST, port: config.GATEWAY_PORT });
  } catch (cause) {
    await apollo.stop();
    await app.close();
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new AppError(
      'PORT_TAKEN',
      `Port ${config.GATEWAY_PORT} is taken; set GATEWAY_PORT to another port, or 0 for a free one.`,
      { cause },
    );
  }
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://${config.GATEWAY_HOST}:${port}`,
    async close() {
      await apollo.stop();
      await app.close();
    },
  };
}

function replyError(
  error: FastifyError,
  reply: { code(status: number): { send(body: unknown): unknown } },
  log: Logger,
): unknown {
  if (error instanceof GraphQLError) {
    const { http, code } = error.extensions as { http?: { status?: number }; code?: string };
    const status = http?.status ?? 400;
    return reply.code(status).send({ error: (code ?? 'bad_request').toLowerCase(), message: error.message });
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    log.error({ err: error }, 'request failed');
    return reply.code(status).send({
      error: 'internal',
      message: 'Something went wrong here, not with your request. It is logged; try again later.',
    });
  }
  return reply
    .code(status)
    .send({ error: status === 429 ? 'too_many_requests' : 'bad_request', message: error.message });
}
